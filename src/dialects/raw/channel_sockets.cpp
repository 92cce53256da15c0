#include "dialects/raw/channel_sockets.hpp"

#include "dialects/admission.hpp"
#include "dialects/encodings.hpp"
#include "dialects/raw/channel_name.hpp"
#include "dialects/raw/event.hpp"
#include "dialects/raw/history_query.hpp"
#include "dialects/sender.hpp"
#include "dialects/slow_reading.hpp"

#include <cstddef>
#include <deque>
#include <span>
#include <utility>
#include <vector>

namespace longwire::dialects::raw {

namespace {

// A channel's members are subscribed to topics of its name.
constexpr std::string_view plain_topic = "raw:";
constexpr std::string_view json_topic = "raw-json:";
constexpr std::string_view presence_topic = "raw-presence:";

// Of a close frame (RFC 6455, section 5.5).
constexpr std::size_t longest_reason = 123;

// Of one connection, while somebody is asked whether it may publish.
constexpr std::size_t most_kept = 64;
constexpr std::size_t most_kept_bytes = std::size_t{1024} * 1024;

// Registered with IANA, in the range for libraries and applications.
constexpr auto unauthorized = static_cast<CloseCode>(3000);
constexpr auto forbidden = static_cast<CloseCode>(3003);

CloseCode code_of(const Verdict& verdict) noexcept {
    switch (verdict.status) {
        case 401:
            return unauthorized;
        case 429:
            return CloseCode::policy_violation;
        case 503:
            return CloseCode::try_again_later;
        default:
            return forbidden;
    }
}

std::string topic_of(std::string_view prefix, std::string_view channel) {
    std::string topic(prefix);
    topic += channel;
    return topic;
}

const PreparedMessage& frame_of(const hub::Publication& publication, bool json) {
    if (json)
        return publication.encoded<PreparedMessage>(raw_json_frame, [&] {
            return PreparedMessage(Message::text(publication_json(publication)));
        });
    return publication.encoded<PreparedMessage>(
        raw_frame, [&] { return PreparedMessage(publication.message()); });
}

}  // namespace

/// One WebSocket on one channel: the state of that connection, from its upgrade on.
struct ChannelSockets::Membership {
    std::string channel;
    hub::MemberId id;
    std::size_t loop = 0;
    hub::HistoryQuery wanted;
    std::optional<std::string> user;  // where it is known who is there
    Visitor visitor;
    std::optional<std::chrono::sys_seconds> asked_again_at;  // of what was said at the upgrade
    std::shared_ptr<const access::ChannelRule> rule;
    std::uint64_t rule_version = 0;
    std::optional<Alarms::Id> expiry;
    std::optional<Alarms::Id> recheck;
    std::optional<Alarms::Id> presence_recheck;
    // What it publishes while somebody is asked about what it published before.
    struct Kept {
        MessageType type;
        std::string payload;
    };
    std::deque<Kept> kept;
    std::size_t kept_bytes = 0;
    bool asking = false;
    bool wants_history = false;
    bool echo = false;
    bool json = false;
    bool joined = false;
    bool sees_presence = false;
};

ChannelSockets::ChannelSockets(Server& server, HubLoops& hub_loops, Gate& gate,
                               const WebSocketOptions& options)
    : hub_loops_(hub_loops),
      gate_(gate),
      tally_(hub_loops.tally("raw")),
      on_loops_(hub_loops.loops().count()) {
    add_slow_reader_policy(hub_loops, gate, {plain_topic, json_topic});
    server.websocket(
        "/channels/:name",
        {
            .on_upgrade = [this](Upgrade& upgrade) { judge_upgrade(upgrade); },
            .on_open = [this](WebSocket& socket, const Request& request) { open(socket, request); },
            .on_message = [this](WebSocket& socket, Message message) { publish(socket, message); },
            .on_close = [this](WebSocket& socket, CloseCode /*code*/,
                               std::string_view /*reason*/) { gone(socket); },
        },
        options);
}

// ---- coming -------------------------------------------------------------------------------------

void ChannelSockets::judge_upgrade(Upgrade& upgrade) {
    const Request& request = upgrade.request();
    const std::string channel(request.parameter("name"));
    if (!is_channel_name(channel)) return upgrade.refuse(400, channel_name_rule);
    if (auto wish = read_history_query(request); !wish) return upgrade.refuse(400, wish.error());
    Visitor visitor;
    const Verdict identified = gate_.authenticate(request, visitor);
    if (!identified.allows()) return upgrade.refuse(refusal_of(identified));
    Wish wish = {.visitor = std::move(visitor), .actions = {Action::subscribe}, .channel = channel};
    if (request.query("history") || request.query("since")) wish.actions.push_back(Action::history);
    const std::size_t loop = hub_loops_.current();
    auto& its = upgrade.state<Membership>();
    if (auto verdict = judge(gate_, wish)) {
        if (!verdict->allows()) return upgrade.refuse(refusal_of(*verdict));
        its.visitor = std::move(wish.visitor);
        its.asked_again_at = verdict->expires;
        return;
    }
    ask(gate_, std::move(wish),
        [this, loop, &its, reply = upgrade.answer_later()](Verdict verdict, Visitor known) mutable {
            hub_loops_.loops().post(loop, [&its, reply = std::move(reply), known = std::move(known),
                                           verdict = std::move(verdict)] {
                // The state of a handshake goes with it.
                if (!reply.alive()) return;
                reply.name_user(known.user);
                if (!verdict.allows()) return reply.send(refusal_of(verdict));
                its.visitor = known;
                its.asked_again_at = verdict.expires;
                reply.send(Response{.status = 101});
            });
        });
}

void ChannelSockets::open(WebSocket& socket, const Request& request) {
    auto& its = socket.state<Membership>();
    its.channel = request.parameter("name");
    its.loop = hub_loops_.current();
    OnLoop& here = on_loops_[its.loop];
    its.id = hub_loops_.new_member(its.loop);
    here.sockets.emplace(its.id.number, &socket);
    tally_.add(its.loop, DialectTally::opened);
    its.echo = request.query("echo") == "1";
    its.json = request.query("format") == "json";
    its.rule_version = gate_.version();
    its.rule = gate_.rule_of(its.channel);
    its.wanted = read_history_query(request).value_or(hub::HistoryQuery{});
    if (!its.wanted.since && its.wanted.last == 0 && its.rule->last_message) its.wanted.last = 1;
    socket.name_user(its.visitor.user);
    its.wants_history = its.wanted.since || request.query("history");
    if (const auto when = its.visitor.expires)
        its.expiry = set_alarm(its, *when, &ChannelSockets::expire);
    if (const auto when = its.asked_again_at)
        its.recheck = set_alarm(its, *when, &ChannelSockets::ask_again);
    join(socket);
}

/// Calls `ring` for the socket, if it is there by then.
Alarms::Id ChannelSockets::set_alarm(const Membership& its, std::chrono::sys_seconds when,
                                     void (ChannelSockets::*ring)(WebSocket&)) {
    return on_loops_[its.loop].alarms.set(
        when, [this, ring, loop = its.loop, number = its.id.number] {
            const auto found = on_loops_[loop].sockets.find(number);
            if (found != on_loops_[loop].sockets.end()) (this->*ring)(*found->second);
        });
}

void ChannelSockets::expire(WebSocket& socket) {
    socket.state<Membership>().expiry.reset();
    socket.close(unauthorized, "Your token has expired. Reconnect with a new token.");
}

/// What a webhook has said holds for some time.
void ChannelSockets::ask_again(WebSocket& socket) {
    auto& its = socket.state<Membership>();
    its.recheck.reset();
    Wish wish = {.visitor = its.visitor, .actions = {Action::subscribe}, .channel = its.channel};
    if (its.wants_history) wish.actions.push_back(Action::history);
    ask(gate_, std::move(wish),
        [this, loop = its.loop, number = its.id.number](Verdict verdict, Visitor known) {
            hub_loops_.loops().post(loop, [this, loop, number, verdict = std::move(verdict),
                                           known = std::move(known)]() mutable {
                const auto found = on_loops_[loop].sockets.find(number);
                if (found != on_loops_[loop].sockets.end())
                    asked_again(*found->second, verdict, std::move(known));
            });
        });
}

void ChannelSockets::asked_again(WebSocket& socket, const Verdict& verdict, Visitor known) {
    auto& its = socket.state<Membership>();
    if (!verdict.allows())
        return socket.close(code_of(verdict), verdict.reason.substr(0, longest_reason));
    if (known.user != its.visitor.user)
        return socket.close(unauthorized,
                            "Your token now names another user. Reconnect to continue as that "
                            "user.");
    its.visitor = std::move(known);
    if (verdict.expires) its.recheck = set_alarm(its, *verdict.expires, &ChannelSockets::ask_again);
}

void ChannelSockets::join(WebSocket& socket) {
    auto& its = socket.state<Membership>();
    hub::Hub::Joining joining = {.channel = its.channel, .member = its.id, .history = its.wanted};
    if (its.rule->keeps_presence && !its.visitor.user.empty()) {
        its.user = its.visitor.user;
        joining.who = hub::Presence{.user = its.visitor.user, .info = its.visitor.info};
    }
    hub_loops_.hub().join(std::move(joining),
                          [this, loop = its.loop, id = its.id, user = its.user,
                           channel = its.channel](Result<hub::History> history) {
                              const auto found = on_loops_[loop].sockets.find(id.number);
                              if (found != on_loops_[loop].sockets.end())
                                  joined(*found->second, std::move(history));
                              else if (history)
                                  hub_loops_.hub().leave(channel, id, user);
                          });
}

void ChannelSockets::joined(WebSocket& socket, Result<hub::History> history) {
    auto& its = socket.state<Membership>();
    if (!history) {
        socket.close(CloseCode::try_again_later,
                     history.error().message().substr(0, longest_reason));
        return;
    }
    its.joined = true;
    if (its.json) socket.send(joined_json(start_of(*history), history->recovered));
    for (const auto& publication : history->publications) send_to(socket, *publication, its.json);
    socket.subscribe(topic_of(its.json ? json_topic : plain_topic, its.channel));
    if (its.json && its.rule->keeps_presence) watch_presence(socket);
}

/// Whoever may see who is there is told who comes and goes, for as long as they may.
void ChannelSockets::watch_presence(WebSocket& socket) {
    auto& its = socket.state<Membership>();
    its.presence_recheck.reset();
    if (const auto verdict = gate_.judge(its.visitor, Action::presence, its.channel))
        return show_presence(socket, *verdict);
    gate_.ask(its.visitor, Action::presence, its.channel,
              [this, loop = its.loop, number = its.id.number](Verdict verdict) {
                  hub_loops_.loops().post(loop, [this, loop, number, verdict = std::move(verdict)] {
                      const auto found = on_loops_[loop].sockets.find(number);
                      if (found != on_loops_[loop].sockets.end())
                          show_presence(*found->second, verdict);
                  });
              });
}

void ChannelSockets::show_presence(WebSocket& socket, const Verdict& verdict) {
    auto& its = socket.state<Membership>();
    const bool saw = std::exchange(its.sees_presence, verdict.allows());
    const std::string topic = topic_of(presence_topic, its.channel);
    if (its.sees_presence && !saw) socket.subscribe(topic);
    if (!its.sees_presence && saw) {
        socket.unsubscribe(topic);
        socket.send(error_json(verdict.reason));
    }
    if (its.sees_presence && verdict.expires)
        its.presence_recheck = set_alarm(its, *verdict.expires, &ChannelSockets::watch_presence);
}

void ChannelSockets::gone(WebSocket& socket) {
    auto& its = socket.state<Membership>();
    OnLoop& here = on_loops_[its.loop];
    here.sockets.erase(its.id.number);
    tally_.add(its.loop, DialectTally::closed);
    for (auto* const alarm : {&its.expiry, &its.recheck, &its.presence_recheck})
        here.alarms.call_off(*alarm);
    if (its.joined) hub_loops_.hub().leave(its.channel, its.id, its.user);
}

// ---- messages -----------------------------------------------------------------------------------

void ChannelSockets::publish(WebSocket& socket, Message message) {
    auto& its = socket.state<Membership>();
    if (its.asking) return keep(socket, message);
    tally_.add_received(its.loop, message.size());
    if (its.rule_version != gate_.version()) {
        its.rule_version = gate_.version();
        its.rule = gate_.rule_of(its.channel);
    }
    const auto verdict = gate_.judge(its.visitor, Action::publish, its.channel);
    if (!verdict)
        ask_to_publish(socket, message);
    else if (verdict->allows())
        publish_allowed(socket, message);
    else
        refuse(socket, *verdict);
}

/// What comes after a message that is being asked about comes after it.
void ChannelSockets::keep(WebSocket& socket, Message message) {
    auto& its = socket.state<Membership>();
    if (its.kept.size() >= most_kept || its.kept_bytes + message.size() > most_kept_bytes)
        return refuse(
            socket,
            {.status = 429, .reason = "You publish faster than your permission can be checked."});
    its.kept_bytes += message.size();
    its.kept.push_back({message.type(), std::string(message.text())});
}

void ChannelSockets::ask_to_publish(WebSocket& socket, Message message) {
    auto& its = socket.state<Membership>();
    its.asking = true;
    gate_.ask_to_publish(
        its.visitor, its.channel, message,
        [this, loop = its.loop, number = its.id.number, type = message.type(),
         payload = std::string(message.text())](Verdict given) mutable {
            hub_loops_.loops().post(loop, [this, loop, number, type, given = std::move(given),
                                           payload = std::move(payload)] {
                const auto found = on_loops_[loop].sockets.find(number);
                if (found == on_loops_[loop].sockets.end()) return;
                WebSocket& there = *found->second;
                auto& of_there = there.state<Membership>();
                of_there.asking = false;
                if (given.allows())
                    publish_allowed(there, {type, std::as_bytes(std::span(payload))});
                else
                    refuse(there, given);
                publish_kept(there);
            });
        });
}

void ChannelSockets::publish_kept(WebSocket& socket) {
    auto& its = socket.state<Membership>();
    while (!its.asking && !its.kept.empty() && socket.ready_state() == ReadyState::open) {
        const Membership::Kept first = std::move(its.kept.front());
        its.kept.pop_front();
        its.kept_bytes -= first.payload.size();
        publish(socket, {first.type, std::as_bytes(std::span(first.payload))});
    }
}

void ChannelSockets::publish_allowed(WebSocket& socket, Message message) {
    if (!hub_loops_.takes_publications())
        return socket.close(CloseCode::service_restart, leaving_reason);
    const auto& its = socket.state<Membership>();
    const access::ChannelRule& rule = *its.rule;
    hub::Content content = {.message = message};
    name_sender(content, its.visitor, rule);
    hub_loops_.hub().publish(
        {.channel = its.channel,
         .content = content,
         .history = {.count = rule.history_count, .age = rule.history_age},
         .publisher = its.echo ? hub::MemberId{} : its.id},
        [this, loop = its.loop, number = its.id.number](const Result<hub::Position>& position) {
            if (!position) lost(loop, number, position.error());
        });
}

/// A message of theirs was not published.
void ChannelSockets::lost(std::size_t loop, std::uint64_t number, const Error& why) {
    hub_loops_.loops().post(loop, [this, loop, number, reason = why.message()] {
        const auto found = on_loops_[loop].sockets.find(number);
        if (found == on_loops_[loop].sockets.end()) return;
        if (found->second->state<Membership>().json)
            found->second->send(error_json("Your message was not published: " + reason + "."));
        else
            found->second->close(CloseCode::try_again_later, reason.substr(0, longest_reason));
    });
}

/// Whoever may not publish is told so if they understand it, and otherwise cannot stay.
void ChannelSockets::refuse(WebSocket& socket, const Verdict& verdict) {
    if (socket.state<Membership>().json)
        socket.send(error_json(verdict.reason));
    else
        socket.close(code_of(verdict), verdict.reason.substr(0, longest_reason));
}

void ChannelSockets::deliver(std::size_t loop, const hub::SharedPublication& publication) {
    WebSocket* publisher = nullptr;
    const hub::MemberId id = publication->publisher();
    if (id.number != 0 && id.outlet == hub_loops_.outlet_of(loop)) {
        const auto found = on_loops_[loop].sockets.find(id.number);
        if (found != on_loops_[loop].sockets.end()) publisher = found->second;
    }
    const auto& loops = hub_loops_.loops();
    for (const bool json : {false, true}) {
        const std::string topic = topic_of(json ? json_topic : plain_topic, publication->channel());
        const std::size_t subscribers = loops.subscribers_here(topic);
        if (subscribers == 0) continue;
        const bool is_publishers = publisher != nullptr && publisher->state<Membership>().joined &&
                                   publisher->state<Membership>().json == json;
        tally_.add_sent(loop, publication->message().size(), subscribers - (is_publishers ? 1 : 0));
        loops.publish_here(topic, frame_of(*publication, json), publisher);
    }
}

void ChannelSockets::interrupt(std::size_t loop, const std::string& channel) {
    std::vector<WebSocket*> cut;
    for (const auto& [number, socket] : on_loops_[loop].sockets) {
        const auto& its = socket->state<Membership>();
        if (its.joined && its.channel == channel) cut.push_back(socket);
    }
    for (WebSocket* const socket : cut)
        socket->close(CloseCode::service_restart,
                      "Messages may be missing. Reconnect to get them.");
}

void ChannelSockets::announce(const hub::PresenceChange& change) {
    const std::string topic = topic_of(presence_topic, change.channel);
    if (hub_loops_.loops().has_subscribers_here(topic))
        hub_loops_.loops().publish_here(
            topic, PreparedMessage(Message::text(presence_json(change))), nullptr);
}

void ChannelSockets::send_to(WebSocket& socket, const hub::Publication& publication, bool json) {
    tally_.add_sent(socket.state<Membership>().loop, publication.message().size());
    socket.send(frame_of(publication, json));
}

}  // namespace longwire::dialects::raw
