#pragma once

#include "dialects/dialect.hpp"
#include "dialects/gate.hpp"
#include "dialects/hub_loops.hpp"
#include "dialects/raw/channel_requests.hpp"
#include "dialects/raw/channel_sockets.hpp"
#include "dialects/raw/event_streams.hpp"
#include "dialects/raw/long_polls.hpp"

#include <longwire/server.hpp>

#include <cstddef>
#include <string>

namespace longwire::dialects::raw {

/// The dialect that needs no library: the URL is the channel, `/channels/NAME`.
class Raw final : public Dialect {
public:
    /// All must outlive the server's run.
    Raw(Server& server, HubLoops& hub_loops, Gate& gate, const WebSocketOptions& options = {});

    void deliver(std::size_t loop, const hub::SharedPublication& publication) override;
    void interrupt(std::size_t loop, const std::string& channel, hub::Position position) override;
    void announce(std::size_t loop, const hub::PresenceChange& change) override;

private:
    ChannelSockets sockets_;
    EventStreams streams_;
    LongPolls polls_;
    ChannelRequests requests_;
};

}  // namespace longwire::dialects::raw
