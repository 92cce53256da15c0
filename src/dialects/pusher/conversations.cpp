#include "dialects/pusher/conversations.hpp"

#include "dialects/admission.hpp"
#include "dialects/every.hpp"
#include "dialects/pusher/channel_kind.hpp"
#include "dialects/pusher/event.hpp"
#include "dialects/pusher/signature.hpp"
#include "engine/http/cross_origin.hpp"

#include <longwire/longwire.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <random>
#include <utility>
#include <variant>
#include <vector>

namespace longwire::dialects::pusher {

namespace {

constexpr int protocol_spoken = 7;
constexpr int oldest_protocol = 5;
constexpr std::chrono::milliseconds look_after_every{1000};

// As the protocol numbers them: 4000 to 4099 are not to come back, 4100 to 4199 after a pause, 4200
// to 4299 at once; 4300 to 4399 are told and change nothing.
constexpr int tls_only = 4000;
constexpr int app_unknown = 4001;
constexpr int app_disabled = 4003;
constexpr int over_quota = 4004;
constexpr int version_malformed = 4006;
constexpr int version_unsupported = 4007;
constexpr int version_missing = 4008;
constexpr int unauthorized = 4009;
constexpr int over_capacity = 4100;
constexpr int come_back = 4200;
constexpr int pong_missing = 4201;
constexpr int client_event_rejected = 4301;
constexpr int watchlist_too_long = 4302;

std::optional<Goodbye> wrong_with_version(const Request& request) {
    const auto text = request.query("protocol");
    if (!text) return Goodbye{version_missing, "The URL has no ?protocol=7."};
    int version = 0;
    const char* const end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, version);
    if (read.ec != std::errc() || read.ptr != end)
        return Goodbye{version_malformed, "?protocol= is not a number."};
    if (version < oldest_protocol || version > protocol_spoken)
        return Goodbye{version_unsupported, "Only the protocol versions 5 to 7 are supported."};
    return std::nullopt;
}

/// Who was only too fast, or could not be judged, may try again later.
Goodbye goodbye_for(const Verdict& verdict) {
    const bool later = verdict.status == 429 || verdict.status == 503;
    return {later ? over_capacity : unauthorized, verdict.reason};
}

std::uint64_t random_number() {
    thread_local std::mt19937_64 generator{std::random_device()()};
    return generator();
}

std::string address_of(const Request& request, const Visitor& visitor) {
    return visitor.address + ' ' + std::string(request.header("User-Agent").value_or(""));
}

}  // namespace

// ---- coming and going ---------------------------------------------------------------------------

Conversations::Conversations(HubLoops& hub_loops, DialectTally& tally, Gate& gate, const Apps& apps,
                             ClientTable& clients, Subscriptions& subscriptions, Users& users,
                             std::shared_ptr<Webhooks> webhooks)
    : hub_loops_(hub_loops),
      tally_(tally),
      gate_(gate),
      apps_(apps),
      clients_(clients),
      subscriptions_(subscriptions),
      users_(users),
      webhooks_(std::move(webhooks)),
      looking_after_(hub_loops.loops().count()) {}

std::optional<Goodbye> Conversations::judge(const Request& request, std::string_view key,
                                            SharedApp& app, Visitor& visitor) {
    app = apps_.with_key(key);
    if (!app) return Goodbye{app_unknown, "There is no app with this key."};
    const AppSettings& settings = app->settings;
    if (!settings.enabled) return Goodbye{app_disabled, "This app is disabled."};
    if (settings.tls_only && !request.secure())
        return Goodbye{tls_only, "This app accepts wss: only."};
    if (auto wrong = wrong_with_version(request)) return wrong;
    if (!engine::origin_allowed(request, settings.origins))
        return Goodbye{unauthorized, "Pages of this origin may not use the app."};
    const Verdict verdict = gate_.authenticate(request, visitor);
    if (!verdict.allows()) return goodbye_for(verdict);
    return std::nullopt;
}

/// Two numbers, as clients expect: the first holds the outlet, and differs after a restart.
std::string Conversations::new_socket_id(const hub::MemberId& id) const {
    constexpr std::uint64_t most = 1'000'000'000;
    const std::uint64_t outlets = looking_after_.size();
    return std::to_string(random_number() % most * outlets + id.outlet) + '.' +
           std::to_string(id.number);
}

std::optional<hub::MemberId> member_of(std::string_view socket_id, std::size_t outlets) noexcept {
    std::uint64_t first = 0;
    hub::MemberId id;
    const char* const begin = socket_id.data();
    const char* const end = begin + socket_id.size();
    const auto dot = std::from_chars(begin, end, first);
    if (dot.ec != std::errc() || dot.ptr == end || *dot.ptr != '.') return std::nullopt;
    const auto last = std::from_chars(dot.ptr + 1, end, id.number);
    if (last.ec != std::errc() || last.ptr != end) return std::nullopt;
    id.outlet = static_cast<std::uint32_t>(first % outlets);
    return id;
}

Client* Conversations::come(const Request& request, SharedApp app, Visitor visitor, Line& line) {
    const AppSettings& settings = app->settings;
    line.name_user(visitor.user);
    if (!app->counters->connect(settings.most_connections)) {
        line.close(over_quota, "The app has reached its limit of connections.");
        return nullptr;
    }
    const std::size_t loop = hub_loops_.current();
    Client& client = clients_.add(loop);
    tally_.add(loop, DialectTally::opened);
    client.socket_id = new_socket_id(client.id);
    client.app = std::move(app);
    if (settings.recover)
        client.known_as = std::make_unique<KnownAs>(
            KnownAs{.cookie = std::string(request.cookie(recovery_cookie).value_or("")),
                    .address = address_of(request, visitor)});
    client.visitor = std::move(visitor);
    client.line = &line;
    client.heard = Alarms::Clock::now();
    if (settings.authorize_within.count() > 0)
        client.authorize.set(hub_loops_.alarms(loop), client.heard + settings.authorize_within,
                             [this, &client] { demand_authorization(client); });
    client.expiry.set(hub_loops_.alarms(loop), client.visitor.expires,
                      [this, &client] { expire(client); });
    if (!std::exchange(looking_after_[loop], true))
        spawn(every(look_after_every, [this, loop] { return look_after(loop); }));
    if (client.visitor.to_introduce)
        introduce(client);
    else
        greet(client);
    return &client;
}

void Conversations::demand_authorization(Client& client) {
    const bool authorized =
        client.user || std::ranges::any_of(client.subscriptions, [](const auto& one) {
            return kind_of(one.first).authorized;
        });
    if (!authorized) close(client, {unauthorized, "The client did not sign in in time."});
}

void Conversations::expire(Client& client) {
    close(client, {unauthorized, "Your token has expired. Reconnect with a new token."});
}

void Conversations::greet(Client& client) {
    client.greeted = true;
    client.line->send(
        connection_established(client.socket_id, client.app->settings.activity_timeout));
}

/// Somebody else says who they are, and whether they may come.
void Conversations::introduce(Client& client) {
    ask(gate_, {.visitor = client.visitor},
        [this, ref = ref_of(client)](Verdict verdict, Visitor known) {
            clients_.with(
                ref, [this, verdict = std::move(verdict), known = std::move(known)](
                         Client& there) mutable { introduced(there, verdict, std::move(known)); });
        });
}

void Conversations::introduced(Client& client, const Verdict& verdict, Visitor known) {
    if (client.closing) return;
    if (!verdict.allows()) return close(client, goodbye_for(verdict));
    client.visitor = std::move(known);
    if (!client.user) client.line->name_user(client.visitor.user);
    client.introduce.set(hub_loops_.alarms(client.loop), verdict.expires,
                         [this, &client] { introduce(client); });
    if (!client.greeted) greet(client);
}

void Conversations::gone(Client& client, bool comes_back) {
    client.closing = true;
    if (client.user)
        users_.leave(client.app->settings.id, *client.user, ref_of(client), Users::Clock::now());
    subscriptions_.leave_all(client, comes_back);
    client.app->counters->disconnect();
    tally_.add(client.loop, DialectTally::closed);
    clients_.remove(ref_of(client));
}

void Conversations::close(Client& client, const Goodbye& goodbye) {
    if (std::exchange(client.closing, true)) return;
    client.line->close(goodbye.code, goodbye.reason);
}

void Conversations::leave(Client& client) {
    close(client, {come_back, "The server is shutting down."});
}

bool Conversations::look_after(std::size_t loop) {
    looking_after_[loop] = !clients_.empty(loop);
    const auto now = Alarms::Clock::now();
    clients_.each(loop, [&](Client& client) { look_after(client, now); });
    return looking_after_[loop];
}

void Conversations::look_after(Client& client, Alarms::Clock::time_point now) {
    if (client.closing) return;
    subscriptions_.confirm(client);
    subscriptions_.catch_up(client);
    const AppSettings& app = client.app->settings;
    const auto silent = now - client.heard;
    if (silent < app.activity_timeout) return;
    if (!std::exchange(client.pinged, true)) {
        client.line->watch();
        client.line->send(ping_event());
    } else if (silent < app.activity_timeout + app.pong_timeout) {
        return;
    } else {
        client.heard = now - app.activity_timeout;
        client.line->look([this, ref = ref_of(client)](bool takes) {
            if (takes) return;
            clients_.with(ref, [this](Client& there) {
                if (there.pinged) close(there, {pong_missing, "The client did not answer a ping."});
            });
        });
    }
}

void Conversations::terminate(const SharedApp& app, const std::string& user) {
    for (const LoopRef& ref : users_.connections(app->settings.id, user))
        clients_.with(ref, [this](Client& client) {
            close(client, {unauthorized, "The app has ended this user's connections."});
        });
}

void Conversations::tell(const std::vector<Users::Told>& told) {
    for (const Users::Told& one : told)
        clients_.with(one.client, [json = watchlist_event(one.online, one.users)](Client& client) {
            client.line->send(json);
        });
}

// ---- what clients say ---------------------------------------------------------------------------

void Conversations::receive(Client& client, std::string_view message) {
    if (client.closing) return;
    const auto now = Alarms::Clock::now();
    client.heard = now;
    client.pinged = false;
    if (!client.greeted)
        return close(client, {unauthorized, "Wait for pusher:connection_established."});
    if (!client.messages.take(client.app->settings.messages, now))
        return close(client, {over_capacity, "The client sends messages too fast."});
    const auto packet = read_packet(message);
    if (packet)
        answer(client, *packet);
    else
        client.line->send(error_event(0, packet.error()));
}

void Conversations::answer(Client& client, const Packet& packet) {
    if (const auto* const wanted = std::get_if<Subscribe>(&packet))
        subscriptions_.subscribe(client, *wanted);
    else if (const auto* const left = std::get_if<Unsubscribe>(&packet))
        subscriptions_.unsubscribe(client, left->channel);
    else if (std::holds_alternative<Ping>(packet))
        client.line->send(pong_event());
    else if (const auto* const shown = std::get_if<SignIn>(&packet))
        sign_in(client, *shown);
    else if (const auto* const event = std::get_if<ClientEvent>(&packet))
        publish(client, *event);
    else if (const auto* const unknown = std::get_if<Unknown>(&packet))
        client.line->send(error_event(0, "Clients must not send the event " +
                                             unknown->event.substr(0, longest_name) +
                                             ": the names of their events begin with client-."));
}

void Conversations::sign_in(Client& client, const SignIn& packet) {
    const AppSettings& app = client.app->settings;
    if (client.user) {
        client.line->send(error_event(0, "A user has already signed in on this connection."));
        return;
    }
    if (!signed_by(packet.auth, app.key, app.secret, user_text(client.socket_id, packet.user_data)))
        return close(client,
                     {unauthorized,
                      "The signature does not match this app's secret, socket_id and user_data."});
    auto user = read_user_data(packet.user_data, app.most_watched);
    if (!user || packet.user_data.size() > app.api.largest_data)
        return close(client,
                     {unauthorized, user ? "user_data is too large." : std::string(user.error())});
    if (user->watches_too_many)
        client.line->send(error_event(watchlist_too_long, "A watchlist has at most " +
                                                              std::to_string(app.most_watched) +
                                                              " users; this one is ignored."));
    client.user = std::make_unique<const UserData>(std::move(*user));
    client.line->name_user(client.user->id);
    client.line->send(signin_success(packet.user_data));
    tell(users_.enter(app.id, *client.user, ref_of(client)));
}

void Conversations::publish(Client& client, const ClientEvent& packet) {
    const AppSettings& app = client.app->settings;
    const ChannelKind kind = kind_of(packet.channel);
    const auto found = client.subscriptions.find(packet.channel);
    std::string wrong;
    if (!app.client_events)
        wrong = "The app does not allow client events.";
    else if (!kind.authorized || kind.encrypted)
        wrong = "Clients may send events only on private and presence channels.";
    else if (found == client.subscriptions.end() || !found->second.there)
        wrong = "Clients may send events only on channels that they are subscribed to.";
    else if (packet.event.size() > longest_name || packet.data.size() > app.api.largest_data)
        wrong = "The name of an event has at most 200 bytes, and its data " +
                std::to_string(app.api.largest_data) + ".";
    else if (!client.client_events.take(app.client_event_rate, client.heard))
        wrong = "The client sends events too fast.";
    if (!wrong.empty()) {
        client.line->send(
            error_event(client_event_rejected, wrong, packet.channel.substr(0, longest_name)));
        return;
    }
    if (!hub_loops_.takes_publications()) return leave(client);
    tally_.add_received(client.loop, packet.data.size());
    const auto& member = found->second.member;
    const std::string user = member ? member->user : std::string();
    const std::string hub_name = client.app->hub_name(packet.channel);
    hub::Content content = {.message = Message::text(packet.data),
                            .event = packet.event,
                            .form = form_of(packet.data),
                            .is_client_event = true};
    if (member) {
        content.user = member->user;
        content.info = member->info;
    } else if (client.user) {
        content.user = client.user->id;
    } else {
        content.user = client.visitor.user;
    }
    hub_loops_.hub().publish({.channel = hub_name,
                              .content = content,
                              .history = subscriptions_.history_of(*client.app, packet.channel),
                              .publisher = client.id});
    if (client.app->notices(Notice::client_event))
        webhooks_->tell(client.app, client_event_notice(packet.channel, packet.event, packet.data,
                                                        client.socket_id, user));
}

}  // namespace longwire::dialects::pusher
