#include "dialects/pusher/api.hpp"

#include "dialects/admission.hpp"
#include "dialects/json_text.hpp"
#include "dialects/pusher/channel_kind.hpp"
#include "dialects/pusher/event.hpp"
#include "dialects/pusher/query_parameters.hpp"
#include "dialects/pusher/signature.hpp"

#include <longwire/longwire.hpp>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>
#include <ranges>
#include <utility>

namespace longwire::dialects::pusher {

namespace {

constexpr std::size_t most_listed = 100'000;
constexpr std::size_t looked_at = 16;  // of a cache channel, for the last event that is no client's

std::expected<void, std::string> verify_request(const Request& request, const AppSettings& app) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    SignedRequest shown = {.method = request.method(),
                           .path = request.path(),
                           .query = read_parameters(request.query()),
                           .body = request.body()};
    auto verified = verify(shown, app.key, app.secret, now);
    const std::string_view sent = request.target().substr(0, request.target().find('?'));
    if (verified || sent == shown.path) return verified;
    // Some libraries sign the path as they send it.
    shown.path = sent;
    return verify(shown, app.key, app.secret, now) ? std::expected<void, std::string>() : verified;
}

/// Answers of which each may come on any thread, and the whole that waits for all of them.
template <class Value>
struct Gathering {
    Gathering(std::size_t count, std::move_only_function<void(std::vector<Value>)> whole)
        : values(count), left(count), told(std::move(whole)) {}

    void put(std::size_t place, Value value) {
        std::vector<Value> whole;
        {
            const std::scoped_lock lock(mutex);
            values[place] = std::move(value);
            if (--left > 0) return;
            whole.swap(values);
        }
        told(std::move(whole));
    }

    std::mutex mutex;
    std::vector<Value> values;
    std::size_t left;
    std::move_only_function<void(std::vector<Value>)> told;
};

void append_attribute(std::string& attributes, std::string_view name, const std::string& json) {
    if (!attributes.empty()) attributes += ',';
    attributes += '"';
    attributes += name;
    attributes += "\":";
    attributes += json;
}

std::string cache_json(const hub::History& history, std::chrono::milliseconds kept_for) {
    for (const auto& publication : std::views::reverse(history.publications)) {
        if (publication->is_client_event()) continue;
        const auto left = kept_for - (hub::Clock::now() - publication->when());
        std::string json = R"({"data":)";
        append_quoted(json, data_of(*publication));
        return json + R"(,"ttl":)" +
               std::to_string(std::chrono::ceil<std::chrono::seconds>(left).count()) + "}";
    }
    return "null";
}

std::string channels_json(const std::vector<std::string>& names,
                          const std::vector<std::string>& attributes) {
    std::string json = R"({"channels":{)";
    for (std::size_t index = 0; index < names.size(); ++index) {
        if (index > 0) json += ',';
        append_quoted(json, names[index]);
        json += ":{" + attributes[index] + "}";
    }
    return json + "}}";
}

/// Nothing where it was refused already.
std::optional<Attributes> attributes_of(const Request& request, const HttpReply& reply) {
    auto wanted = read_attributes(request.query("info").value_or(""));
    if (wanted) return *wanted;
    reply.send(Response::text(
        400,
        "info may list user_count, subscription_count and cache, but not " + wanted.error() + "."));
    return std::nullopt;
}

}  // namespace

Api::Api(Server& server, HubLoops& hub_loops, DialectTally& tally, const Apps& apps,
         Conversations& conversations, Subscriptions& subscriptions)
    : hub_loops_(hub_loops),
      tally_(tally),
      apps_(apps),
      conversations_(conversations),
      subscriptions_(subscriptions) {
    add(server, "POST", "/apps/:id/events", &Api::publish_event);
    add(server, "POST", "/apps/:id/batch_events", &Api::publish_batch);
    add(server, "GET", "/apps/:id/channels", &Api::list_channels);
    add(server, "GET", "/apps/:id/channels/:name", &Api::tell_channel);
    add(server, "GET", "/apps/:id/channels/:name/users", &Api::list_users);
    add(server, "POST", "/apps/:id/users/:user/terminate_connections", &Api::terminate);
}

void Api::add(Server& server, std::string_view method, std::string_view path, Handler handler) {
    server.http(method, path, [this, handler](const Request& request, const HttpReply& reply) {
        if (const SharedApp app = authenticate(request, reply))
            (this->*handler)(app, request, reply);
    });
}

/// Null where it was refused already.
SharedApp Api::authenticate(const Request& request, const HttpReply& reply) const {
    SharedApp app = apps_.with_id(request.parameter("id"));
    if (!app) {
        reply.send(Response::text(404, "There is no app with this id."));
        return nullptr;
    }
    if (const auto verified = verify_request(request, app->settings); !verified) {
        reply.send(Response::text(401, verified.error()));
        return nullptr;
    }
    if (app->settings.enabled) return app;
    reply.send(Response::text(403, "This app is disabled."));
    return nullptr;
}

// ---- publishing ---------------------------------------------------------------------------------

void Api::publish_event(const SharedApp& app, const Request& request, const HttpReply& reply) {
    auto event = read_event(request.body(), app->settings.api);
    if (!event) return reply.send(Response::text(event.error().status, event.error().sentence));
    publish_all(app, {std::move(*event)}, false, reply);
}

void Api::publish_batch(const SharedApp& app, const Request& request, const HttpReply& reply) {
    auto events = read_batch(request.body(), app->settings.api);
    if (!events) return reply.send(Response::text(events.error().status, events.error().sentence));
    publish_all(app, std::move(*events), true, reply);
}

void Api::publish_all(const SharedApp& app, std::vector<Triggered> events, bool batch,
                      const HttpReply& reply) {
    if (!hub_loops_.takes_publications()) return reply.send(leaving_refusal());
    std::size_t count = 0;
    for (const Triggered& event : events) {
        if (!event.socket_id.empty() && !member_of(event.socket_id, hub_loops_.loops().count()))
            return reply.send(Response::text(
                400, "socket_id is not valid: it must be two numbers separated by a dot."));
        const auto wanted = read_attributes(event.info).value_or(Attributes{});
        for (const std::string& name : event.channels)
            if (wanted.user_count && !kind_of(name).presence)
                return reply.send(Response::text(
                    400, "user_count is available only for presence channels, not for " + name));
        count += event.channels.size();
    }
    for (std::size_t index = 0; index < count; ++index)
        if (!app->counters->publish(app->settings.published))
            return reply.send(
                Response::text(429, "The app publishes too fast.").with("Retry-After", "1"));
    if (count == 0) return reply.send(Response::json(200, "{}"));
    auto shared = std::make_shared<std::vector<Triggered>>(std::move(events));
    const auto all = std::make_shared<Gathering<std::string>>(
        count, [this, app, shared, batch, reply](const std::vector<std::string>& errors) {
            const auto failed = std::ranges::find_if_not(errors, &std::string::empty);
            if (failed != errors.end())
                reply.send(Response::text(503, *failed).with("Retry-After", "1"));
            else
                tell_published(app, *shared, batch, reply);
        });
    std::size_t place = 0;
    for (const Triggered& event : *shared)
        for (const std::string& name : event.channels)
            publish(*app, event, name, [all, place = place++](std::string error) {
                all->put(place, std::move(error));
            });
}

void Api::publish(const App& app, const Triggered& event, const std::string& channel,
                  std::move_only_function<void(std::string)> then) {
    const std::string hub_name = app.hub_name(channel);
    tally_.add_received(hub_loops_.current(), event.data.size());
    hub_loops_.hub().publish(
        {.channel = hub_name,
         .content = {.message = Message::text(event.data),
                     .event = event.event,
                     .form = form_of(event.data),
                     .is_client_event = event.event.starts_with("client-")},
         .history = subscriptions_.history_of(app, channel),
         .publisher =
             member_of(event.socket_id, hub_loops_.loops().count()).value_or(hub::MemberId{})},
        [then = std::move(then)](const Result<hub::Position>& position) mutable {
            then(position ? std::string() : std::string(position.error().message()));
        });
}

/// With what was asked about the channels, if anything was.
void Api::tell_published(const SharedApp& app, const std::vector<Triggered>& events, bool batch,
                         const HttpReply& reply) {
    std::vector<Asked> asked;
    bool any = false;
    for (const Triggered& event : events) {
        const auto wanted = read_attributes(event.info).value_or(Attributes{});
        any = any || wanted.any();
        for (const std::string& name : event.channels) asked.push_back({name, wanted});
    }
    if (!any) return reply.send(Response::json(200, "{}"));
    std::vector<std::string> names;
    names.reserve(asked.size());
    for (const Asked& one : asked) names.push_back(one.channel);
    ask(app, std::move(asked),
        [names = std::move(names), batch, reply](const std::vector<std::string>& attributes) {
            if (!batch) return reply.send(Response::json(200, channels_json(names, attributes)));
            std::string json = R"({"batch":[)";
            for (const std::string& one : attributes) {
                if (&one != &attributes.front()) json += ',';
                json += "{" + one + "}";
            }
            reply.send(Response::json(200, json + "]}"));
        });
}

// ---- asking -------------------------------------------------------------------------------------

void Api::ask(const SharedApp& app, std::vector<Asked> asked, Told told) {
    if (asked.empty()) return told({});
    const auto all = std::make_shared<Gathering<std::string>>(asked.size(), std::move(told));
    for (std::size_t place = 0; place < asked.size(); ++place) {
        const Asked& one = asked[place];
        const std::string hub_name = app->hub_name(one.channel);
        std::string attributes;
        if (one.wanted.subscription_count)
            append_attribute(attributes, "subscription_count",
                             std::to_string(hub_loops_.hub().members(hub_name)));
        if (one.wanted.user_count)
            hub_loops_.hub().presence(
                hub_name, [all, place, attributes = std::move(attributes)](
                              const Result<std::vector<hub::Presence>>& present) mutable {
                    append_attribute(attributes, "user_count",
                                     std::to_string(present ? present->size() : 0));
                    all->put(place, std::move(attributes));
                });
        else if (one.wanted.cache && kind_of(one.channel).cache)
            hub_loops_.hub().history(
                hub_name, {.last = looked_at},
                [all, place, attributes = std::move(attributes),
                 kept_for = app->settings.cache_for](const Result<hub::History>& history) mutable {
                    append_attribute(attributes, "cache",
                                     history ? cache_json(*history, kept_for) : "null");
                    all->put(place, std::move(attributes));
                });
        else
            all->put(place, std::move(attributes));
    }
}

void Api::list_channels(const SharedApp& app, const Request& request, const HttpReply& reply) {
    const auto wanted = attributes_of(request, reply);
    if (!wanted) return;
    const std::string prefix = request.query("filter_by_prefix").value_or("");
    if (wanted->user_count && !prefix.starts_with("presence-"))
        return reply.send(Response::text(
            400,
            "user_count is available only for presence channels: use filter_by_prefix=presence-"));
    std::vector<Asked> asked;
    std::vector<std::string> names;
    for (const auto& listed : hub_loops_.hub().channels(app->hub_name(prefix), "", most_listed)) {
        const std::string name = listed.name.substr(app->settings.prefix.size());
        if (!is_channel_name(name) || kind_of(name).of_user) continue;
        asked.push_back({name, *wanted});
        names.push_back(name);
    }
    ask(app, std::move(asked),
        [names = std::move(names), reply](const std::vector<std::string>& attributes) {
            reply.send(Response::json(200, channels_json(names, attributes)));
        });
}

void Api::tell_channel(const SharedApp& app, const Request& request, const HttpReply& reply) {
    const auto wanted = attributes_of(request, reply);
    if (!wanted) return;
    const std::string name(request.parameter("name"));
    if (!is_channel_name(name))
        return reply.send(Response::text(400, "This is not the name of a channel."));
    if (wanted->user_count && !kind_of(name).presence)
        return reply.send(
            Response::text(400, "user_count is available only for presence channels."));
    const bool occupied = hub_loops_.hub().members(app->hub_name(name)) > 0;
    ask(app, {{name, *wanted}}, [occupied, reply](const std::vector<std::string>& attributes) {
        std::string json = std::string(R"({"occupied":)") + (occupied ? "true" : "false");
        if (!attributes.front().empty()) json += "," + attributes.front();
        reply.send(Response::json(200, json + "}"));
    });
}

void Api::list_users(const SharedApp& app, const Request& request, const HttpReply& reply) {
    const std::string name(request.parameter("name"));
    if (!is_channel_name(name) || !kind_of(name).presence)
        return reply.send(Response::text(400, "Users are available only for presence channels."));
    hub_loops_.hub().presence(
        app->hub_name(name), [reply](const Result<std::vector<hub::Presence>>& present) {
            if (!present) return reply.send(Response::text(503, present.error().message()));
            std::string json = R"({"users":[)";
            for (const hub::Presence& who : *present) {
                if (&who != &present->front()) json += ',';
                json += R"({"id":)";
                append_quoted(json, who.user);
                json += '}';
            }
            reply.send(Response::json(200, json + "]}"));
        });
}

void Api::terminate(const SharedApp& app, const Request& request, const HttpReply& reply) {
    conversations_.terminate(app, std::string(request.parameter("user")));
    reply.send(Response::json(200, "{}"));
}

}  // namespace longwire::dialects::pusher
