#include "dialects/raw/channel_requests.hpp"

#include "dialects/json_text.hpp"
#include "dialects/presence_json.hpp"
#include "dialects/raw/channel_name.hpp"
#include "dialects/raw/event.hpp"
#include "dialects/raw/history_query.hpp"
#include "dialects/sender.hpp"
#include "engine/http/cross_origin.hpp"

#include <longwire/longwire.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace longwire::dialects::raw {

namespace {

constexpr std::chrono::seconds longest_wait{60};
constexpr std::size_t longest_key = 200;
constexpr std::size_t longest_event = 200;

bool wants_events(const Request& request) {
    return request.header("Accept").value_or("").find("text/event-stream") !=
           std::string_view::npos;
}

/// What an EventSource that comes back names as its last event: by the header, or, where a page
/// cannot set that (event-source-polyfill), by the query. Nothing where it names none; where it
/// names what is no position, one that no channel has.
std::optional<hub::Position> read_last_event(const Request& request) {
    std::string last(request.header("Last-Event-ID").value_or(""));
    if (last.empty()) last = request.query("lastEventId").value_or("");
    if (last.empty()) return std::nullopt;
    return hub::parse_position(last).value_or(hub::Position{});
}

/// Nothing where it is not a number of seconds.
std::optional<std::chrono::milliseconds> read_wait(const Request& request) {
    const auto text = request.query("wait");
    if (!text) return std::chrono::milliseconds(0);
    unsigned seconds = 0;
    const char* const end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, seconds);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return std::min<std::chrono::milliseconds>(std::chrono::seconds(seconds), longest_wait);
}

}  // namespace

/// What a request publishes, beside its body.
struct ChannelRequests::Posted {
    MessageType type = MessageType::text;
    hub::Form form = hub::Form::plain;
    std::string event;
    std::string key;
};

/// The error is the refusal.
std::expected<ChannelRequests::Posted, Verdict> ChannelRequests::read_posted(
    const Request& request) {
    Posted posted = {.event = request.query("event").value_or(""),
                     .key = std::string(request.header("Idempotency-Key").value_or(""))};
    if (posted.event.size() > longest_event || !engine::is_utf8(posted.event))
        return std::unexpected(
            Verdict{400, "The name of an event has at most 200 bytes, in UTF-8."});
    const std::string_view type = request.header("Content-Type").value_or("");
    if (type.starts_with("application/octet-stream")) {
        posted.type = MessageType::binary;
        return posted;
    }
    if (!engine::is_utf8(request.body()))
        return std::unexpected(
            Verdict{415,
                    "The body is not UTF-8. Publish other bytes with Content-Type: "
                    "application/octet-stream."});
    if (type.starts_with("application/json")) {
        posted.form = hub::Form::json;
        if (!is_json(request.body()))
            return std::unexpected(
                Verdict{400, "The body is not valid JSON, but its Content-Type is JSON."});
    }
    return posted;
}

ChannelRequests::ChannelRequests(Server& server, HubLoops& hub_loops, Gate& gate,
                                 std::vector<std::string> origins, EventStreams& streams,
                                 LongPolls& polls)
    : hub_loops_(hub_loops),
      gate_(gate),
      origins_(std::move(origins)),
      streams_(streams),
      polls_(polls),
      tally_(hub_loops.tally("http")) {
    const auto add = [&](std::string_view method, std::string_view path, auto answer) {
        server.http(method, path, [this, answer](const Request& request, HttpReply reply) {
            (this->*answer)(request, std::move(reply));
        });
    };
    add("GET", "/channels/:name", &ChannelRequests::read);
    add("POST", "/channels/:name", &ChannelRequests::take_published);
    add("OPTIONS", "/channels/:name", &ChannelRequests::preflight);
    add("GET", "/channels/:name/presence", &ChannelRequests::list_present);
    add("OPTIONS", "/channels/:name/presence", &ChannelRequests::preflight);
    engine::CrossOrigin::share(server, "/channels",
                               [allowed = std::make_shared<const std::vector<std::string>>(
                                    origins_)](std::string_view) { return allowed; });
}

/// Whoever it is.
Asker ChannelRequests::asker_of(const Request& request, HttpReply reply) const {
    return {{.reply = std::move(reply),
             .origin = {},
             .with_cookies = engine::cookies_allowed(origins_)},
            {},
            std::string(request.parameter("name")),
            hub_loops_.current(),
            request.method() == "HEAD"};
}

/// False: answered already.
bool ChannelRequests::let_page_in(const Request& request, Asker& asker) const {
    const auto origin = request.header("Origin");
    if (!origin) return true;
    if (!engine::origin_allowed(request, origins_)) {
        asker.refuse(
            403,
            "Pages of this origin may not use this server. Its operator can allow the origin.");
        return false;
    }
    asker.origin = *origin;
    return true;
}

// ---- who asks -----------------------------------------------------------------------------------

/// False: answered already.
bool ChannelRequests::authenticate(const Request& request, Asker& asker) {
    if (!let_page_in(request, asker)) return false;
    if (!is_channel_name(asker.channel)) {
        asker.refuse(400, channel_name_rule);
        return false;
    }
    const Verdict verdict = gate_.authenticate(request, asker.visitor);
    if (!asker.visitor.user.empty()) asker.reply.name_user(asker.visitor.user);
    if (!verdict.allows()) asker.refuse(verdict);
    return verdict.allows();
}

/// Goes on with `then`, on the asker's loop.
void ChannelRequests::consider(Asker asker, Wish wish,
                               std::move_only_function<void(Asker, Verdict)> then) {
    if (auto verdict = judge(gate_, asker.visitor, wish.actions, asker.channel))
        return then(std::move(asker), std::move(*verdict));
    find_out(std::move(asker), std::move(wish), std::move(then));
}

/// The same where somebody has to be asked.
void ChannelRequests::find_out(Asker asker, Wish wish,
                               std::move_only_function<void(Asker, Verdict)> then) {
    wish.channel = asker.channel;
    wish.visitor = asker.visitor;
    const std::size_t loop = asker.loop;
    ask(gate_, std::move(wish),
        [this, loop, asker = std::move(asker), then = std::move(then)](Verdict verdict,
                                                                       Visitor known) mutable {
            asker.visitor = std::move(known);
            hub_loops_.loops().post(loop, [asker = std::move(asker), then = std::move(then),
                                           verdict = std::move(verdict)]() mutable {
                asker.reply.name_user(asker.visitor.user);
                then(std::move(asker), std::move(verdict));
            });
        });
}

/// The same, if they may do it. What is asked here has one answer, which is for a client that has
/// ended its side too: it may have to wait until somebody was asked.
void ChannelRequests::allow(Asker asker, Wish wish, Then then) {
    asker.reply.on_half_close({});
    consider(std::move(asker), std::move(wish),
             [then = std::move(then)](Asker its, const Verdict& verdict) mutable {
                 if (!verdict.allows()) return its.refuse(verdict);
                 if (const auto end = verdict.expires)
                     its.visitor.expires = std::min(its.visitor.expires.value_or(*end), *end);
                 then(std::move(its));
             });
}

/// It is answered at once, more or less.
void ChannelRequests::count(const Asker& asker) {
    tally_.add(asker.loop, DialectTally::opened);
    tally_.add(asker.loop, DialectTally::closed);
}

void ChannelRequests::preflight(const Request& request, HttpReply reply) {
    Asker asker = asker_of(request, std::move(reply));
    if (!let_page_in(request, asker)) return;
    asker.answer(Response{.status = 204}
                     .with("Allow", "GET, HEAD, POST, OPTIONS")
                     .with("Access-Control-Allow-Methods", "GET, POST")
                     .with("Access-Control-Allow-Headers",
                           "Authorization, Content-Type, Idempotency-Key, Last-Event-ID")
                     .with("Access-Control-Max-Age", "600"));
}

// ---- reading ------------------------------------------------------------------------------------

void ChannelRequests::read(const Request& request, HttpReply reply) {
    Asker asker = asker_of(request, std::move(reply));
    if (!authenticate(request, asker)) return;
    if (wants_events(request))
        stream(request, std::move(asker));
    else
        poll(request, std::move(asker));
}

void ChannelRequests::stream(const Request& request, Asker asker) {
    const auto wanted = read_history_query(request);
    if (!wanted) return asker.refuse(400, wanted.error());
    EventStreams::Wish wish = {.history = *wanted, .json = request.query("format") == "json"};
    // A browser that comes back knows better than the URL it was given at first.
    const auto last = read_last_event(request);
    if (last) wish.history.since = last;
    const bool wants_history = wish.history.since || wish.history.last > 0;
    if (!wants_history && gate_.rule_of(asker.channel)->last_message) wish.history.last = 1;
    if (!last) {
        Wish actions = {.actions = {Action::subscribe}};
        if (wants_history) actions.actions.push_back(Action::history);
        return consider(std::move(asker), std::move(actions),
                        [this, wish](const Asker& its, const Verdict& verdict) mutable {
                            if (!verdict.allows()) return its.refuse(verdict);
                            wish.ask_again = verdict.expires;
                            streams_.open(its, wish);
                        });
    }
    // A refusal would be the end of an EventSource, which names its last event unasked.
    consider(std::move(asker), {.actions = {Action::subscribe}},
             [this, wish](Asker its, const Verdict& verdict) mutable {
                 if (!verdict.allows()) return its.refuse(verdict);
                 wish.ask_again = verdict.expires;
                 consider(std::move(its), {.actions = {Action::history}},
                          [this, wish](const Asker& known, const Verdict& history) mutable {
                              wish.may_miss = !history.allows();
                              if (wish.may_miss) wish.history = {};
                              streams_.open(known, wish);
                          });
             });
}

void ChannelRequests::poll(const Request& request, Asker asker) {
    const auto wanted = read_history_query(request);
    if (!wanted) return asker.refuse(400, wanted.error());
    const auto wait = read_wait(request);
    if (!wait) return asker.refuse(400, "wait= must be a number of seconds.");
    if (wait->count() == 0)
        return allow(
            std::move(asker), {.actions = {Action::history}},
            [this, query = *wanted](const Asker& allowed) { read_history(allowed, query); });
    Wish actions = {.actions = {Action::subscribe}};
    if (wanted->since || wanted->last > 0) actions.actions.push_back(Action::history);
    allow(std::move(asker), std::move(actions),
          [this, query = *wanted, wait = *wait](Asker allowed) {
              polls_.open(std::move(allowed), query, wait);
          });
}

void ChannelRequests::read_history(const Asker& asker, const hub::HistoryQuery& query) {
    count(asker);
    hub_loops_.hub().history(asker.channel, query, [this, asker](Result<hub::History> history) {
        hub_loops_.loops().post(asker.loop, [this, asker, history = std::move(history)] {
            if (!history) return asker.refuse(503, history.error().message());
            for (const auto& publication : history->publications)
                tally_.add_sent(asker.loop, publication->message().size());
            asker.answer(
                messages_response(history->publications, history->top, history->recovered));
        });
    });
}

void ChannelRequests::list_present(const Request& request, HttpReply reply) {
    Asker asker = asker_of(request, std::move(reply));
    if (!authenticate(request, asker)) return;
    if (!gate_.rule_of(asker.channel)->keeps_presence)
        return asker.refuse(404, "This channel does not keep presence.");
    count(asker);
    allow(std::move(asker), {.actions = {Action::presence}}, [this](const Asker& asker) {
        hub_loops_.hub().presence(
            asker.channel, [asker](const Result<std::vector<hub::Presence>>& present) {
                if (present)
                    asker.answer(Response::json(200, present_json(*present) + "\n")
                                     .with("Cache-Control", "no-store"));
                else
                    asker.refuse(503, present.error().message());
            });
    });
}

// ---- publishing ---------------------------------------------------------------------------------

void ChannelRequests::take_published(const Request& request, HttpReply reply) {
    Asker asker = asker_of(request, std::move(reply));
    if (!authenticate(request, asker)) return;
    if (!engine::answer_readable(request, origins_))
        return asker.refuse(403,
                            "A page of another origin may publish with cookies only if the server "
                            "lists its origin by name, not by \"*\". Send no cookies.");
    const auto posted = read_posted(request);
    if (!posted) return asker.refuse(posted.error().status, posted.error().reason);
    if (posted->key.size() > longest_key)
        return asker.refuse(400, "An Idempotency-Key has at most 200 bytes.");
    count(asker);
    tally_.add_received(asker.loop, request.body().size());
    // As `allow`, which would copy all of it to ask nobody.
    asker.reply.on_half_close({});
    constexpr std::array publishing = {Action::publish};
    if (const auto verdict = judge(gate_, asker.visitor, publishing, asker.channel)) {
        if (!verdict->allows()) return asker.refuse(*verdict);
        return publish(asker, *posted, request.body());
    }
    // (As it comes: the wish may go another way.)
    find_out(std::move(asker),
             {.actions = {Action::publish},
              .type = posted->type,
              .message = std::string(request.body())},
             [this, posted = *posted, body = std::string(request.body())](const Asker& known,
                                                                          const Verdict& verdict) {
                 if (!verdict.allows()) return known.refuse(verdict);
                 publish(known, posted, body);
             });
}

void ChannelRequests::publish(const Asker& asker, const Posted& posted, std::string_view body) {
    if (!hub_loops_.takes_publications()) return asker.answer(leaving_refusal());
    const auto rule = gate_.rule_of(asker.channel);
    hub::Content content = {.message = {posted.type, std::as_bytes(std::span(body))},
                            .event = posted.event,
                            .form = posted.form};
    name_sender(content, asker.visitor, *rule);
    hub_loops_.hub().publish(
        {.channel = asker.channel,
         .content = content,
         .history = {.count = rule->history_count, .age = rule->history_age},
         .idempotency_key = posted.key},
        [to = asker.answering()](const Result<hub::Position>& position) {
            if (!position) return to.refuse(503, position.error().message());
            constexpr std::size_t expected_size = 64;
            std::string body;
            body.reserve(expected_size);
            body.append(R"({"position":")").append(to_text(*position)).append("\"}\n");
            to.answer(Response::json(200, std::move(body)));
        });
}

}  // namespace longwire::dialects::raw
