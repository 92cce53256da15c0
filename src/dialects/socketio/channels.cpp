#include "dialects/socketio/channels.hpp"

#include "dialects/json_text.hpp"
#include "dialects/raw/channel_name.hpp"
#include "dialects/socketio/event_packets.hpp"
#include "dialects/socketio/first_request.hpp"

#include <simdjson.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace longwire::dialects::socketio {

namespace {

using longwire::socketio::Json;

constexpr std::string_view presence_event = "presence";
// No channel's name begins so.
constexpr char presence_mark = '\x01';
constexpr std::size_t longest_event = 200;

std::string channel_of(std::string_view name_space, std::string_view room) {
    return std::string(name_space == "/" ? room : name_space.substr(1));
}

std::string refusal_json(int status, std::string_view reason) {
    std::string json = R"({"error":)";
    append_quoted(json, reason);
    return json + R"(,"status":)" + std::to_string(status) + '}';
}

/// What follows the name of a channel in "subscribe": {"history":N} or {"since":"…"}.
std::optional<hub::HistoryQuery> read_wish(std::string_view json) {
    hub::HistoryQuery query;
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS)
        return json == "null" ? std::optional(query) : std::nullopt;
    std::uint64_t last = 0;
    if (object["history"].get(last) == simdjson::SUCCESS) query.last = last;
    std::string_view since;
    if (object["since"].get(since) == simdjson::SUCCESS) {
        query.since = hub::parse_position(since);
        if (!query.since) return std::nullopt;
    }
    return query;
}

std::string present_json(const std::vector<hub::Presence>& present) {
    std::string json = R"({"present":[)";
    for (const hub::Presence& who : present) {
        if (&who != &present.front()) json += ',';
        json += R"({"user":)";
        append_quoted(json, who.user);
        if (!who.info.empty()) json += R"(,"info":)" + who.info;
        json += '}';
    }
    return json + "]}";
}

}  // namespace

/// What is known of a client on a namespace.
struct Channels::Client {
    Visitor visitor;
    bool echo = false;
};

/// What somebody wants to publish.
struct Channels::Publishing {
    std::string channel;
    std::string event;
    Arguments arguments;
    Acknowledge acknowledge;
};

namespace {

void refuse(const longwire::socketio::Acknowledge& acknowledge, int status,
            std::string_view reason) {
    const std::string json = refusal_json(status, reason);
    acknowledge(Json{json});
}

/// The visitor of the connection, or who the namespace's own token says it is.
Verdict identify(Gate& gate, const longwire::socketio::Handshake& handshake, Visitor& visitor) {
    visitor = *static_cast<const Visitor*>(FirstRequest::guest_of(handshake).get());
    const auto token = handshake.auth_text("token");
    return token ? gate.identify(*token, visitor) : Verdict{};
}

}  // namespace

ApplicationRules Channels::rules_of(Gate& gate) {
    return {.channel_of = channel_of,
            .history_of =
                [&gate](const std::string& channel) {
                    const auto rule = gate.rule_of(channel);
                    return hub::HistoryRule{.count = rule->history_count, .age = rule->history_age};
                },
            .joins_everybody = false,
            .tells_channel = true,
            .judge = [&gate](const Request& request) -> std::optional<EngineListener::Refusal> {
                Visitor visitor;
                const Verdict verdict = gate.identify(request, visitor);
                if (verdict.allows()) return std::nullopt;
                return EngineListener::Refusal{.status = verdict.status, .reason = verdict.reason};
            },
            .own_event = std::string(presence_event),
            .guest_of = [&gate](const Request& request) -> std::shared_ptr<void> {
                auto visitor = std::make_shared<Visitor>();
                (void)gate.identify(request, *visitor);
                return visitor;
            },
            .may_return =
                [&gate](Member& member, const std::string& channel) {
                    Visitor visitor;
                    if (!identify(gate, member.handshake(), visitor).allows()) return false;
                    const auto verdict = gate.judge(visitor, Deed::subscribe, channel);
                    return verdict && verdict->allows();
                }};
}

Channels::Channels(Server& server, HubLoops& hub_loops, Gate& gate, const SocketIoOptions& options,
                   const WebSocketOptions& websocket)
    : hub_loops_(hub_loops),
      gate_(gate),
      application_(server, hub_loops, options, websocket, rules_of(gate)) {
    const auto answer = [this](auto handler) {
        return [this, handler](Socket& socket, const Arguments& arguments,
                               const Acknowledge& acknowledge) {
            (this->*handler)(socket, arguments, acknowledge);
        };
    };
    application_.family("/")
        .face()
        .use([this](const Asked& asked) { let_in(asked); })
        .on_connection([this](Socket& socket) { welcome(socket); })
        .on("subscribe", answer(&Channels::subscribe))
        .on("unsubscribe", answer(&Channels::unsubscribe))
        .on("publish", answer(&Channels::publish))
        .on("presence", answer(&Channels::list_present));
    application_.family("/*")
        .face()
        .use([this](const Asked& asked) { let_in(asked); })
        .on_connection([this](Socket& socket) { welcome_to_channel(socket); })
        .on_other([this](Socket& socket, std::string_view event, const Arguments& arguments,
                         const Acknowledge& acknowledge) {
            publish_on(Member::of(socket), {.channel = channel_of(socket.name_space(), {}),
                                            .event = std::string(event),
                                            .arguments = arguments,
                                            .acknowledge = acknowledge});
        });
    application_.announced = [this](std::size_t loop, const hub::PresenceChange& change) {
        announce(loop, change);
    };
}

// ---- coming -------------------------------------------------------------------------------------

void Channels::let_in(const Asked& asked) {
    const auto refuse = [](const Asked& refused, const Verdict& verdict) {
        const std::string data = R"({"status":)" + std::to_string(verdict.status) + '}';
        refused.refuse(verdict.reason, Json{data});
    };
    Visitor visitor;
    const Verdict known = identify(gate_, asked.handshake(), visitor);
    if (!known.allows()) return refuse(asked, known);
    if (asked.name_space() == "/") return asked.allow();
    const std::string channel = channel_of(asked.name_space(), {});
    if (!raw::is_channel_name(channel))
        return refuse(asked, {.status = 400, .reason = std::string(raw::channel_name_rule)});
    if (const auto verdict = gate_.judge(visitor, Deed::subscribe, channel)) {
        if (verdict->allows()) return asked.allow();
        return refuse(asked, *verdict);
    }
    gate_.ask(visitor, Deed::subscribe, channel, [asked, refuse](const Verdict& verdict) {
        if (verdict.allows()) return asked.allow();
        refuse(asked, verdict);
    });
}

/// Notes who it is.
Member& Channels::meet(Socket& socket) {
    auto& its = socket.state<Client>();
    (void)identify(gate_, socket.handshake(), its.visitor);
    its.echo =
        socket.handshake().parameter("echo") == "1" || socket.handshake().auth_text("echo") == "1";
    Member& member = Member::of(socket);
    set_expiry(member);
    return member;
}

void Channels::welcome(Socket& socket) {
    Member& member = meet(socket);
    if (!member.recovered()) return;
    for (const std::string& channel : member.rooms()) watch_presence(member, channel);
}

void Channels::welcome_to_channel(Socket& socket) {
    Member& member = meet(socket);
    const std::string channel = channel_of(socket.name_space(), {});
    if (!member.recovered()) join(member, {}, channel, {}, {});
    watch_presence(member, channel);
}

/// Whoever's token has expired has to come with another one.
void Channels::set_expiry(Member& member) {
    const auto& visitor = member.socket().state<Client>().visitor;
    if (!visitor.expires) return;
    const auto left = *visitor.expires - std::chrono::system_clock::now();
    const std::size_t loop = member.session().loop();
    application_.engine().alarms(loop).set(
        Alarms::Clock::now() + left, [this, loop, number = member.number().number] {
            Member* const there = application_.find(loop, number);
            if (there != nullptr) there->session().close("the token has expired");
        });
}

void Channels::judge(Member& member, Deed deed, const std::string& channel, Then then) {
    const auto& visitor = member.socket().state<Client>().visitor;
    if (const auto verdict = gate_.judge(visitor, deed, channel)) return then(member, *verdict);
    gate_.ask(visitor, deed, channel,
              [this, loop = member.session().loop(), number = member.number().number,
               then = std::move(then)](Verdict verdict) mutable {
                  hub_loops_.loops().post(loop, [this, loop, number, then = std::move(then),
                                                 verdict = std::move(verdict)]() mutable {
                      if (Member* const there = application_.find(loop, number))
                          then(*there, verdict);
                  });
              });
}

// ---- subscribing --------------------------------------------------------------------------------

void Channels::subscribe(Socket& socket, const Arguments& arguments,
                         const Acknowledge& acknowledge) {
    const std::string channel = arguments.text(0).value_or("");
    if (!raw::is_channel_name(channel)) return refuse(acknowledge, 400, raw::channel_name_rule);
    const auto wish = read_wish(arguments.json(1));
    if (!wish)
        return refuse(acknowledge, 400,
                      R"(What is wanted of the past is {"history":N} or {"since":POSITION}.)");
    const bool wants_history = wish->since || wish->last > 0;
    judge(Member::of(socket), Deed::subscribe, channel,
          [this, channel, wish = *wish, wants_history, acknowledge](Member& member,
                                                                    const Verdict& verdict) {
              if (!verdict.allows()) return refuse(acknowledge, verdict.status, verdict.reason);
              if (!wants_history) return join(member, channel, channel, wish, acknowledge);
              judge(member, Deed::history, channel,
                    [this, channel, wish, acknowledge](Member& there, const Verdict& history) {
                        if (!history.allows())
                            return refuse(acknowledge, history.status, history.reason);
                        join(there, channel, channel, wish, acknowledge);
                    });
          });
}

void Channels::join(Member& member, const std::string& room, const std::string& channel,
                    const hub::HistoryQuery& query, const Acknowledge& acknowledge) {
    const auto rule = gate_.rule_of(channel);
    const auto& visitor = member.socket().state<Client>().visitor;
    Member::Joining joining = {.room = room, .channel = channel, .history = query};
    if (rule->last_message && !query.since && query.last == 0) joining.history.last = 1;
    if (rule->keeps_presence && !visitor.user.empty())
        joining.who = hub::Presence{.user = visitor.user, .info = visitor.info};
    joining.joined = [acknowledge](const Result<hub::History>& history) {
        if (!history) return refuse(acknowledge, 503, history.error().message());
        const std::string json = R"({"position":")" + to_text(history->top) + R"(","recovered":)" +
                                 (history->recovered ? "true}" : "false}");
        acknowledge(Json{json});
    };
    if (member.join(std::move(joining))) {
        if (!room.empty()) watch_presence(member, channel);
    } else if (member.in(room)) {
        refuse(acknowledge, 409, "You are on this channel already.");
    } else {
        refuse(acknowledge, 429, "You are on as many channels as one may be on.");
    }
}

void Channels::unsubscribe(Socket& socket, const Arguments& arguments,
                           const Acknowledge& acknowledge) {
    Member& member = Member::of(socket);
    const std::string channel = arguments.text(0).value_or("");
    if (channel.empty() || channel.front() == presence_mark || !member.leave(channel))
        return refuse(acknowledge, 404, "You are not on this channel.");
    member.leave(presence_mark + channel);
    acknowledge(Json{"{}"});
}

// ---- publishing ---------------------------------------------------------------------------------

void Channels::publish(Socket& socket, const Arguments& arguments, const Acknowledge& acknowledge) {
    const auto channel = arguments.text(0);
    const auto event = arguments.text(1);
    if (!channel || !raw::is_channel_name(*channel))
        return refuse(acknowledge, 400, raw::channel_name_rule);
    if (!event) return refuse(acknowledge, 400, "The second argument is the event's name.");
    publish_on(Member::of(socket), {.channel = *channel,
                                    .event = *event,
                                    .arguments = arguments.without(2),
                                    .acknowledge = acknowledge});
}

void Channels::publish_on(Member& member, Publishing publishing) {
    if (publishing.event.size() > longest_event || is_reserved_event(publishing.event) ||
        publishing.event == presence_event)
        return refuse(publishing.acknowledge, 400,
                      "An event's name has at most 200 bytes, and is none that Socket.IO or the "
                      "server keeps for itself.");
    const std::string channel = publishing.channel;
    judge(member, Deed::publish, channel,
          [this, publishing = std::move(publishing)](Member& there, const Verdict& verdict) {
              const Acknowledge& acknowledge = publishing.acknowledge;
              if (!verdict.allows()) return refuse(acknowledge, verdict.status, verdict.reason);
              const auto& its = there.socket().state<Client>();
              std::string memory;
              hub::Content content =
                  content_of(publishing.event == "message" ? std::string_view() : publishing.event,
                             publishing.arguments, memory);
              content.user = its.visitor.user;
              hub_loops_.hub().publish(
                  {.channel = publishing.channel,
                   .content = content,
                   .history = application_.rules().history_of(publishing.channel),
                   .publisher = its.echo ? hub::MemberId{} : there.number()},
                  [acknowledge](const Result<hub::Position>& position) {
                      if (!position) return refuse(acknowledge, 503, position.error().message());
                      const std::string json = R"({"position":")" + to_text(*position) + "\"}";
                      acknowledge(Json{json});
                  });
          });
}

// ---- presence -----------------------------------------------------------------------------------

void Channels::list_present(Socket& socket, const Arguments& arguments,
                            const Acknowledge& acknowledge) {
    const std::string channel = arguments.text(0).value_or("");
    if (!raw::is_channel_name(channel)) return refuse(acknowledge, 400, raw::channel_name_rule);
    if (!gate_.rule_of(channel)->keeps_presence)
        return refuse(acknowledge, 404, "It is not kept who is on this channel.");
    judge(Member::of(socket), Deed::presence, channel,
          [this, channel, acknowledge](Member& /*member*/, const Verdict& verdict) {
              if (!verdict.allows()) return refuse(acknowledge, verdict.status, verdict.reason);
              hub_loops_.hub().presence(
                  channel, [acknowledge](const Result<std::vector<hub::Presence>>& present) {
                      if (!present) return refuse(acknowledge, 503, present.error().message());
                      const std::string json = present_json(*present);
                      acknowledge(Json{json});
                  });
          });
}

void Channels::watch_presence(Member& member, const std::string& channel) {
    if (channel.empty() || channel.front() == presence_mark ||
        !gate_.rule_of(channel)->keeps_presence)
        return;
    const auto& visitor = member.socket().state<Client>().visitor;
    const auto allowed = gate_.judge(visitor, Deed::presence, channel);
    if (allowed && allowed->allows()) member.watch(presence_mark + channel);
}

void Channels::announce(std::size_t loop, const hub::PresenceChange& change) {
    const auto* const groups = application_.groups().find(loop, presence_mark + change.channel);
    if (groups == nullptr) return;
    std::string json =
        change.kind == hub::PresenceChange::Kind::joined ? R"({"joined":)" : R"({"left":)";
    append_quoted(json, change.who.user);
    if (!change.who.info.empty()) json += R"(,"info":)" + change.who.info;
    json += '}';
    for (const auto& group : *groups) {
        const auto packets = std::make_shared<const SharedPackets>(
            packets_of_event({.name_space = group->name_space,
                              .channel = group->name_space == "/" ? std::string_view(change.channel)
                                                                  : std::string_view()},
                             {.name = presence_event, .elements = json, .attachments = {}}));
        application_.groups().send(loop, *group, *packets, packets, nullptr);
    }
}

}  // namespace longwire::dialects::socketio
