#pragma once

#include "dialects/gate.hpp"
#include "dialects/hub_loops.hpp"
#include "dialects/membership.hpp"
#include "hub/hub.hpp"

#include <longwire/longwire.hpp>

#include <cstddef>
#include <string>

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
    ~ChannelSockets();

    void deliver(std::size_t loop, const hub::SharedPublication& publication);
    void interrupt(std::size_t loop, const std::string& channel);
    void announce(const hub::PresenceChange& change);

private:
    struct Connection;
    class Member;

    void judge_upgrade(Upgrade& upgrade);
    void open(WebSocket& socket, const Request& request);

    HubLoops& hub_loops_;
    Gate& gate_;
    DialectTally& tally_;
    MembershipsOf<Member> members_;
};

}  // namespace longwire::dialects::raw
