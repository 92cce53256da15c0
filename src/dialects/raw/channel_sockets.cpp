#include "dialects/raw/channel_sockets.hpp"

#include "dialects/encodings.hpp"
#include "dialects/raw/channel_name.hpp"
#include "dialects/raw/event.hpp"
#include "dialects/raw/history_wish.hpp"

#include <utility>

namespace longwire::dialects::raw {

namespace {

// A channel's members are subscribed to topics of its name.
constexpr std::string_view plain_topic = "raw:";
constexpr std::string_view json_topic = "raw-json:";
constexpr std::string_view presence_topic = "raw-presence:";

// Of a close frame (RFC 6455, section 5.5).
constexpr std::size_t longest_reason = 123;

// Registered with IANA, in the range for libraries and applications.
constexpr auto unauthorized = static_cast<CloseCode>(3000);
constexpr auto forbidden = static_cast<CloseCode>(3003);

std::string topic_of(std::string_view prefix, std::string_view channel) {
    std::string topic(prefix);
    topic += channel;
    return topic;
}

SlowReader slow_reader_of(access::WhenSlow when) noexcept {
    switch (when) {
        case access::WhenSlow::drop_newest:
            return SlowReader::drop_newest;
        case access::WhenSlow::drop_oldest:
            return SlowReader::drop_oldest;
        case access::WhenSlow::latest:
            return SlowReader::latest;
        case access::WhenSlow::close:
            break;
    }
    return SlowReader::close;
}

/// By the rule of the channel whose topic it is.
std::optional<SlowReader> policy_of(std::string_view topic, Gate& gate) {
    for (const std::string_view prefix : {plain_topic, json_topic}) {
        if (!topic.starts_with(prefix)) continue;
        const auto rule = gate.rule_of(std::string(topic.substr(prefix.size())));
        if (const auto when = rule->slow_reader) return slow_reader_of(*when);
    }
    return std::nullopt;
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

/// One WebSocket on one channel: the state of that connection.
struct ChannelSockets::Membership {
    std::string channel;
    hub::MemberId id;
    std::size_t loop = 0;
    hub::HistoryQuery wanted;
    std::optional<std::string> user;  // where it is known who is there
    Visitor visitor;
    std::shared_ptr<const access::ChannelRule> rule;
    std::uint64_t rule_version = 0;
    std::optional<Alarms::Id> expiry;
    bool echo = false;
    bool json = false;
    bool joined = false;
};

ChannelSockets::ChannelSockets(Server& server, HubLoops& hub_loops, Gate& gate,
                               const WebSocketOptions& options)
    : hub_loops_(hub_loops), gate_(gate), on_loops_(hub_loops.loops().count()) {
    hub_loops.loops().add_policy(
        [&gate](std::string_view topic) { return policy_of(topic, gate); });
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
    if (auto wish = read_history_wish(request); !wish) return upgrade.refuse(400, wish.error());
    Visitor visitor;
    Verdict verdict = gate_.identify(request, visitor);
    if (verdict.allows())
        verdict = gate_.judge(visitor, Deed::subscribe, channel).value_or(Verdict{});
    const bool wants_history = request.query("history") || request.query("since");
    if (verdict.allows() && wants_history)
        verdict = gate_.judge(visitor, Deed::history, channel).value_or(Verdict{});
    if (!verdict.allows()) return upgrade.refuse(verdict.status, verdict.reason);
    on_loops_[hub_loops_.current()].coming = std::move(visitor);
}

void ChannelSockets::open(WebSocket& socket, const Request& request) {
    auto& its = socket.state<Membership>();
    its.channel = request.parameter("name");
    its.loop = hub_loops_.current();
    OnLoop& here = on_loops_[its.loop];
    its.id = hub_loops_.new_member(its.loop);
    here.sockets.emplace(its.id.number, &socket);
    its.echo = request.query("echo") == "1";
    its.json = request.query("format") == "json";
    its.rule_version = gate_.version();
    its.rule = gate_.rule_of(its.channel);
    its.wanted = read_history_wish(request).value_or(hub::HistoryQuery{});
    if (!its.wanted.since && its.wanted.last == 0 && its.rule->last_message) its.wanted.last = 1;
    its.visitor = std::move(here.coming);
    if (its.visitor.expires) expire_at(socket, *its.visitor.expires);
    if (gate_.judge(its.visitor, Deed::subscribe, its.channel)) return join(socket);
    gate_.ask(its.visitor, Deed::subscribe, its.channel,
              [this, loop = its.loop, number = its.id.number](Verdict verdict) {
                  hub_loops_.loops().post(loop, [this, loop, number, verdict = std::move(verdict)] {
                      const auto found = on_loops_[loop].sockets.find(number);
                      if (found != on_loops_[loop].sockets.end()) admit(*found->second, verdict);
                  });
              });
}

void ChannelSockets::expire_at(WebSocket& socket, std::chrono::sys_seconds when) {
    auto& its = socket.state<Membership>();
    // (Of the two clocks only one knows dates, and only the other never jumps.)
    const auto left = when - std::chrono::system_clock::now();
    its.expiry = on_loops_[its.loop].alarms.set(
        Alarms::Clock::now() + left, [this, loop = its.loop, number = its.id.number] {
            WebSocket& there = *on_loops_[loop].sockets.at(number);
            there.state<Membership>().expiry.reset();
            there.close(unauthorized, "Your token has expired. Come back with a new one.");
        });
}

void ChannelSockets::admit(WebSocket& socket, const Verdict& verdict) {
    if (verdict.allows()) return join(socket);
    socket.close(forbidden, verdict.reason.substr(0, longest_reason));
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
    if (!its.json || !its.rule->keeps_presence) return;
    const auto allowed = gate_.judge(its.visitor, Deed::presence, its.channel);
    if (allowed && allowed->allows()) socket.subscribe(topic_of(presence_topic, its.channel));
}

void ChannelSockets::gone(WebSocket& socket) {
    auto& its = socket.state<Membership>();
    OnLoop& here = on_loops_[its.loop];
    here.sockets.erase(its.id.number);
    if (its.expiry) here.alarms.call_off(*its.expiry);
    if (its.joined) hub_loops_.hub().leave(its.channel, its.id, its.user);
}

// ---- messages -----------------------------------------------------------------------------------

void ChannelSockets::publish(WebSocket& socket, Message message) {
    auto& its = socket.state<Membership>();
    if (its.rule_version != gate_.version()) {
        its.rule_version = gate_.version();
        its.rule = gate_.rule_of(its.channel);
    }
    const auto verdict = gate_.judge(its.visitor, Deed::publish, its.channel);
    if (!verdict) {
        gate_.ask(its.visitor, Deed::publish, its.channel,
                  [this, loop = its.loop, number = its.id.number, type = message.type(),
                   payload = std::string(message.text())](const Verdict& given) mutable {
                      hub_loops_.loops().post(
                          loop, [this, loop, number, type, given, payload = std::move(payload)] {
                              const auto found = on_loops_[loop].sockets.find(number);
                              if (found == on_loops_[loop].sockets.end()) return;
                              WebSocket& there = *found->second;
                              if (given.allows())
                                  publish_allowed(there.state<Membership>(),
                                                  {type, std::as_bytes(std::span(payload))});
                              else
                                  refuse(there, given);
                          });
                  });
        return;
    }
    if (verdict->allows())
        publish_allowed(its, message);
    else
        refuse(socket, *verdict);
}

void ChannelSockets::publish_allowed(const Membership& its, Message message) {
    const access::ChannelRule& rule = *its.rule;
    hub_loops_.hub().publish({.channel = its.channel,
                              .content = {.message = message},
                              .history = {.count = rule.history_count, .age = rule.history_age},
                              .publisher = its.echo ? hub::MemberId{} : its.id});
}

/// Whoever may not publish is told so if they understand it, and otherwise cannot stay.
void ChannelSockets::refuse(WebSocket& socket, const Verdict& verdict) {
    if (socket.state<Membership>().json)
        socket.send(error_json(verdict.reason));
    else
        socket.close(verdict.status == 429 ? CloseCode::policy_violation : forbidden,
                     verdict.reason.substr(0, longest_reason));
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
        if (loops.has_subscribers_here(topic))
            loops.publish_here(topic, frame_of(*publication, json), publisher);
    }
}

void ChannelSockets::announce(const hub::PresenceChange& change) {
    const std::string topic = topic_of(presence_topic, change.channel);
    if (hub_loops_.loops().has_subscribers_here(topic))
        hub_loops_.loops().publish_here(
            topic, PreparedMessage(Message::text(presence_json(change))), nullptr);
}

void ChannelSockets::send_to(WebSocket& socket, const hub::Publication& publication, bool json) {
    socket.send(frame_of(publication, json));
}

}  // namespace longwire::dialects::raw
