#pragma once

#include "dialects/alarms.hpp"
#include "dialects/gate.hpp"
#include "dialects/hub_loops.hpp"
#include "hub/hub.hpp"

#include <longwire/longwire.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace longwire::dialects::raw {

/// The WebSocket connections that are members of channels. What a member sends is published on its
/// channel, and what is published there arrives:
///
/// - `?echo=1`: its own messages too;
/// - `?history=N`: first the latest N messages; `?since=POSITION`: first what came after that;
/// - `?format=json`: each message in a JSON object with its position, and who comes and goes.
class ChannelSockets {
public:
    /// All must outlive the server's run.
    ChannelSockets(Server& server, HubLoops& hub_loops, Gate& gate,
                   const WebSocketOptions& options);
    ChannelSockets(const ChannelSockets&) = delete;
    ChannelSockets& operator=(const ChannelSockets&) = delete;
    ~ChannelSockets() = default;

    void deliver(std::size_t loop, const hub::SharedPublication& publication);
    void interrupt(std::size_t loop, const std::string& channel);
    void announce(const hub::PresenceChange& change);

private:
    struct Membership;
    struct OnLoop {
        std::unordered_map<std::uint64_t, WebSocket*> sockets;
        Alarms alarms;
    };

    void judge_upgrade(Upgrade& upgrade);
    void open(WebSocket& socket, const Request& request);
    void join(WebSocket& socket);
    void joined(WebSocket& socket, Result<hub::History> history);
    [[nodiscard]] Alarms::Id set_alarm(const Membership& its, std::chrono::sys_seconds when,
                                       void (ChannelSockets::*ring)(WebSocket&));
    void ask_again(WebSocket& socket);
    void asked_again(WebSocket& socket, const Verdict& verdict, Visitor known);
    void watch_presence(WebSocket& socket);
    void show_presence(WebSocket& socket, const Verdict& verdict);
    void publish(WebSocket& socket, Message message);
    void keep(WebSocket& socket, Message message);
    void ask_to_publish(WebSocket& socket, Message message);
    void publish_kept(WebSocket& socket);
    void publish_allowed(WebSocket& socket, Message message);
    void refuse(WebSocket& socket, const Verdict& verdict);
    void lost(std::size_t loop, std::uint64_t number, const Error& why);
    void expire(WebSocket& socket);
    void gone(WebSocket& socket);
    void send_to(WebSocket& socket, const hub::Publication& publication, bool json);

    HubLoops& hub_loops_;
    Gate& gate_;
    DialectTally& tally_;
    std::deque<OnLoop> on_loops_;
};

}  // namespace longwire::dialects::raw
