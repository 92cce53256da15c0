#include "dialects/socketio/channels.hpp"

#include "dialects/admission.hpp"
#include "dialects/json_text.hpp"
#include "dialects/presence_json.hpp"
#include "dialects/publishing_order.hpp"
#include "dialects/raw/channel_name.hpp"
#include "dialects/sender.hpp"
#include "dialects/socketio/event_packets.hpp"
#include "dialects/socketio/first_request.hpp"
#include "dialects/socketio/history_query.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <utility>

namespace longwire::dialects::socketio {

namespace {

using longwire::socketio::Json;

constexpr std::string_view presence_event = "presence";
// No channel's name begins so.
constexpr char presence_mark = '\x01';
constexpr std::size_t longest_event = 200;
constexpr std::string_view expired = "the token has expired";

std::string channel_of(std::string_view name_space, std::string_view room) {
    return std::string(name_space == "/" ? room : name_space.substr(1));
}

std::string refusal_json(int status, std::string_view reason) {
    std::string json = R"({"error":)";
    append_quoted(json, reason);
    return json + R"(,"status":)" + std::to_string(status) + '}';
}

}  // namespace

/// What somebody wants to publish.
struct Channels::Publishing {
    std::string channel;
    std::string event;
    Arguments arguments;
    Acknowledge acknowledge;

    /// Views this, and `memory`.
    [[nodiscard]] hub::Content content(std::string& memory) const {
        return content_of(event == "message" ? std::string_view() : event, arguments, memory);
    }
};

/// What is known of a client on a namespace.
struct Channels::Client {
    Visitor visitor;
    std::optional<std::chrono::sys_seconds> ask_again = {};
    Alarm closing = {};
    /// Of the channels about which somebody is asked whether it may publish there.
    std::map<std::string, PublishingOrder<Publishing>> publishing = {};
    bool echo = false;
};

namespace {

void refuse(const longwire::socketio::Acknowledge& acknowledge, int status,
            std::string_view reason) {
    const std::string json = refusal_json(status, reason);
    acknowledge(Json{json});
}

}  // namespace

ApplicationRules Channels::rules_of(Gate& gate) {
    return {
        .channel_of = [](const Family& /*family*/, std::string_view name_space,
                         std::string_view room) { return channel_of(name_space, room); },
        .history_of =
            [&gate](const std::string& channel) {
                const auto rule = gate.rule_of(channel);
                return hub::HistoryRule{.count = rule->history_count, .age = rule->history_age};
            },
        .home = [this](const Member& member) -> std::optional<Member::Joining> {
            if (member.name_space() == "/") return std::nullopt;
            return joining(member, {}, channel_of(member.name_space(), {}), {});
        },
        .tells_channel = true,
        .judge = [&gate](const Request& request,
                         std::shared_ptr<void>& guest) -> std::optional<EngineListener::Refusal> {
            auto visitor = std::make_shared<Visitor>();
            const Verdict verdict = gate.authenticate(request, *visitor);
            guest = std::move(visitor);
            if (verdict.allows()) return std::nullopt;
            return EngineListener::Refusal{.status = verdict.status, .reason = verdict.reason};
        },
        .own_event = std::string(presence_event),
        .may_return =
            [&gate](const Member& member, const std::string& channel) {
                const auto verdict =
                    gate.judge(client_of(member).visitor, Action::subscribe, channel);
                return verdict && verdict->allows();
            },
        .user_of = [](const Member& member) { return client_of(member).visitor.user; },
        .who_of = [this](const Member& member,
                         const std::string& channel) { return who_of(member, channel); }};
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
        .on_disconnect([this](Socket& socket, std::string_view /*reason*/) { part(socket); })
        .on("subscribe", answer(&Channels::subscribe))
        .on("unsubscribe", answer(&Channels::unsubscribe))
        .on("publish", answer(&Channels::publish))
        .on("presence", answer(&Channels::list_present));
    application_.family("/*")
        .face()
        .use([this](const Asked& asked) { let_in(asked); })
        .on_connection([this](Socket& socket) { welcome_to_channel(socket); })
        .on_disconnect([this](Socket& socket, std::string_view /*reason*/) { part(socket); })
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

Channels::Client& Channels::client_of(const Member& member) {
    return *static_cast<Client*>(member.guest.get());
}

void Channels::let_in(const Asked& asked) {
    const auto answer = [](const Asked& decided, const Verdict& verdict, Visitor visitor) {
        if (!verdict.allows()) {
            const std::string data = R"({"status":)" + std::to_string(verdict.status) + '}';
            return decided.refuse(verdict.reason, Json{data});
        }
        const auto& shown = decided.handshake();
        auto client = std::make_shared<Client>();
        client->visitor = std::move(visitor);
        client->ask_again = verdict.expires;
        client->echo = shown.parameter("echo") == "1" || shown.auth_text("echo") == "1";
        Application::give_guest(decided, std::move(client));
        decided.allow();
    };
    // The visitor of the connection, or who the namespace's own token says it is.
    Wish wish = {.visitor =
                     *static_cast<const Visitor*>(FirstRequest::guest_of(asked.handshake()).get())};
    if (const auto token = asked.handshake().auth_text("token")) {
        const Verdict known = gate_.authenticate(*token, wish.visitor);
        if (!known.allows()) return answer(asked, known, {});
    }
    if (asked.name_space() != "/") {
        wish.channel = channel_of(asked.name_space(), {});
        wish.actions = {Action::subscribe};
        if (!raw::is_channel_name(wish.channel))
            return answer(asked, {.status = 400, .reason = std::string(raw::channel_name_rule)},
                          {});
    }
    if (const auto verdict = dialects::judge(gate_, wish))
        return answer(asked, *verdict, std::move(wish.visitor));
    dialects::ask(gate_, std::move(wish), [asked, answer](const Verdict& verdict, Visitor visitor) {
        answer(asked, verdict, std::move(visitor));
    });
}

/// What was granted may be for some time only.
void Channels::meet(Member& member) {
    const Client& its = client_of(member);
    if (!its.visitor.user.empty()) member.session().name_user(its.visitor.user);
    if (its.visitor.expires) close_at(member, *its.visitor.expires);
    if (its.ask_again) close_at(member, *its.ask_again);
}

void Channels::welcome(Socket& socket) {
    Member& member = Member::of(socket);
    meet(member);
    if (!member.recovered()) return;
    for (const std::string& channel : member.rooms()) watch_presence(member, channel);
}

void Channels::welcome_to_channel(Socket& socket) {
    Member& member = Member::of(socket);
    meet(member);
    watch_presence(member, channel_of(socket.name_space(), {}));
}

void Channels::part(Socket& socket) {
    const Member& member = Member::of(socket);
    client_of(member).closing.call_off();
}

/// Then it comes back by itself, with what it has to show by that time, and misses nothing.
void Channels::close_at(Member& member, std::chrono::sys_seconds when) {
    client_of(member).closing.set_if_sooner(hub_loops_.alarms(member.session().loop()), when,
                                            [&member] { member.session().close(expired); });
}

void Channels::judge(Member& member, Action action, const std::string& channel, Then then) {
    const Visitor& visitor = client_of(member).visitor;
    if (const auto verdict = gate_.judge(visitor, action, channel)) return then(member, *verdict);
    gate_.ask(visitor, action, channel,
              [this, ref = member.ref(), then = std::move(then)](Verdict verdict) mutable {
                  application_.members().with(
                      ref, [then = std::move(then), verdict = std::move(verdict)](
                               Member& there) mutable { then(there, verdict); });
              });
}

// ---- subscribing --------------------------------------------------------------------------------

void Channels::subscribe(Socket& socket, const Arguments& arguments,
                         const Acknowledge& acknowledge) {
    const std::string channel = arguments.text(0).value_or("");
    if (!raw::is_channel_name(channel)) return refuse(acknowledge, 400, raw::channel_name_rule);
    const auto wish = read_history_query(arguments.json(1));
    if (!wish)
        return refuse(acknowledge, 400,
                      R"(The third argument must be {"history":N} or {"since":POSITION}.)");
    const bool wants_history = wish->since || wish->last > 0;
    judge(Member::of(socket), Action::subscribe, channel,
          [this, channel, wish = *wish, wants_history, acknowledge](Member& member,
                                                                    const Verdict& verdict) {
              if (!verdict.allows()) return refuse(acknowledge, verdict.status, verdict.reason);
              if (verdict.expires) close_at(member, *verdict.expires);
              if (!wants_history) return join(member, channel, channel, wish, acknowledge);
              judge(member, Action::history, channel,
                    [this, channel, wish, acknowledge](Member& there, const Verdict& history) {
                        if (!history.allows())
                            return refuse(acknowledge, history.status, history.reason);
                        join(there, channel, channel, wish, acknowledge);
                    });
          });
}

std::optional<hub::Presence> Channels::who_of(const Member& member,
                                              const std::string& channel) const {
    const Visitor& visitor = client_of(member).visitor;
    if (!gate_.rule_of(channel)->keeps_presence || visitor.user.empty()) return std::nullopt;
    return hub::Presence{.user = visitor.user, .info = visitor.info};
}

Member::Joining Channels::joining(const Member& member, const std::string& room,
                                  const std::string& channel,
                                  const hub::HistoryQuery& query) const {
    Member::Joining joining = {.room = room, .channel = channel, .history = query};
    const bool wants_none = !query.since && query.last == 0;
    if (wants_none && gate_.rule_of(channel)->last_message) joining.history.last = 1;
    joining.who = who_of(member, channel);
    return joining;
}

void Channels::join(Member& member, const std::string& room, const std::string& channel,
                    const hub::HistoryQuery& query, const Acknowledge& acknowledge) {
    Member::Joining entering = joining(member, room, channel, query);
    entering.joined = [acknowledge](const Result<hub::History>& history) {
        if (!history) return refuse(acknowledge, 503, history.error().message());
        const std::string json = R"({"position":")" + to_text(history->top) + R"(","recovered":)" +
                                 (history->recovered ? "true}" : "false}");
        acknowledge(Json{json});
    };
    if (member.join(std::move(entering))) {
        if (!room.empty()) watch_presence(member, channel);
    } else if (member.in(room)) {
        refuse(acknowledge, 409, "You are already subscribed to this channel.");
    } else {
        refuse(acknowledge, 429, "You are subscribed to too many channels.");
    }
}

void Channels::unsubscribe(Socket& socket, const Arguments& arguments,
                           const Acknowledge& acknowledge) {
    Member& member = Member::of(socket);
    const std::string channel = arguments.text(0).value_or("");
    if (channel.empty() || channel.front() == presence_mark || !member.leave(channel))
        return refuse(acknowledge, 404, "You are not subscribed to this channel.");
    member.leave(presence_mark + channel);
    acknowledge(Json{"{}"});
}

// ---- publishing ---------------------------------------------------------------------------------

void Channels::publish(Socket& socket, const Arguments& arguments, const Acknowledge& acknowledge) {
    const auto channel = arguments.text(0);
    const auto event = arguments.text(1);
    if (!channel || !raw::is_channel_name(*channel))
        return refuse(acknowledge, 400, raw::channel_name_rule);
    if (!event) return refuse(acknowledge, 400, "The second argument must be the event's name.");
    publish_on(Member::of(socket), {.channel = *channel,
                                    .event = *event,
                                    .arguments = arguments.without(2),
                                    .acknowledge = acknowledge});
}

void Channels::publish_on(Member& member, Publishing publishing) {
    if (publishing.event.size() > longest_event || is_reserved_event(publishing.event) ||
        publishing.event == presence_event)
        return refuse(publishing.acknowledge, 400,
                      "The name of an event has at most 200 bytes, and must not be reserved by "
                      "Socket.IO or the server.");
    auto& orders = client_of(member).publishing;
    const auto found = orders.find(publishing.channel);
    if (found == orders.end()) return consider(member, std::move(publishing));
    std::string memory;
    const std::size_t bytes = publishing.content(memory).message.size();
    const Acknowledge acknowledge = publishing.acknowledge;
    if (!found->second.keep(std::move(publishing), bytes)) refuse(acknowledge, 429, too_many_kept);
}

void Channels::consider(Member& member, Publishing publishing) {
    Client& its = client_of(member);
    const std::string channel = publishing.channel;
    if (const auto verdict = gate_.judge(its.visitor, Action::publish, channel))
        return publish_judged(member, publishing, *verdict);
    its.publishing[channel].wait();
    std::string memory;
    const Message message = publishing.content(memory).message;
    auto answer = [this, ref = member.ref(), publishing](Verdict verdict) mutable {
        application_.members().with(
            ref, [this, publishing = std::move(publishing), verdict = std::move(verdict)](
                     Member& there) { answered(there, publishing, verdict); });
    };
    gate_.ask_to_publish(its.visitor, channel, message, std::move(answer));
}

void Channels::answered(Member& member, const Publishing& publishing, const Verdict& verdict) {
    publish_judged(member, publishing, verdict);
    auto& orders = client_of(member).publishing;
    const auto order = orders.find(publishing.channel);
    order->second.go_on([&](Publishing next) {
        if (application_.find(member.ref()) == nullptr) return false;
        consider(member, std::move(next));
        return true;
    });
    if (!order->second.waits()) orders.erase(order);
}

void Channels::publish_judged(Member& member, const Publishing& publishing,
                              const Verdict& verdict) {
    const Acknowledge& acknowledge = publishing.acknowledge;
    if (!verdict.allows()) return refuse(acknowledge, verdict.status, verdict.reason);
    if (!hub_loops_.takes_publications()) return send_away(member, acknowledge);
    const Client& its = client_of(member);
    std::string memory;
    hub::Content content = publishing.content(memory);
    name_sender(content, its.visitor, *gate_.rule_of(publishing.channel));
    application_.tally().add_received(member.session().loop(), content.message.size());
    hub_loops_.hub().publish({.channel = publishing.channel,
                              .content = content,
                              .history = application_.rules().history_of(publishing.channel),
                              .publisher = its.echo ? hub::MemberId{} : member.number()},
                             [acknowledge](const Result<hub::Position>& position) {
                                 if (!position)
                                     return refuse(acknowledge, 503, position.error().message());
                                 const std::string json =
                                     R"({"position":")" + to_text(*position) + "\"}";
                                 acknowledge(Json{json});
                             });
}

/// A server that leaves publishes nothing: the client comes back, to another one.
void Channels::send_away(const Member& member, const Acknowledge& acknowledge) {
    const LoopRef ref = member.ref();
    refuse(acknowledge, 503, leaving_reason);
    // (What was said may have been too much for it.)
    if (Member* const there = application_.find(ref)) there->session().close(leaving_reason);
}

// ---- presence -----------------------------------------------------------------------------------

void Channels::list_present(Socket& socket, const Arguments& arguments,
                            const Acknowledge& acknowledge) {
    const std::string channel = arguments.text(0).value_or("");
    if (!raw::is_channel_name(channel)) return refuse(acknowledge, 400, raw::channel_name_rule);
    if (!gate_.rule_of(channel)->keeps_presence)
        return refuse(acknowledge, 404, "This channel does not keep presence.");
    judge(Member::of(socket), Action::presence, channel,
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
    judge(member, Action::presence, channel,
          [this, channel](Member& there, const Verdict& verdict) {
              const bool still_there = there.name_space() != "/" || there.in(channel);
              if (!verdict.allows() || !still_there) return;
              if (verdict.expires) close_at(there, *verdict.expires);
              there.watch(presence_mark + channel);
          });
}

void Channels::announce(std::size_t loop, const hub::PresenceChange& change) {
    const auto groups = application_.groups().find(loop, presence_mark + change.channel);
    if (groups == nullptr) return;
    const std::string json = change_json(change);
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
