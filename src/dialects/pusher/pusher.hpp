#pragma once

#include "dialects/dialect.hpp"
#include "dialects/gate.hpp"
#include "dialects/hub_loops.hpp"
#include "dialects/pusher/api.hpp"
#include "dialects/pusher/app.hpp"
#include "dialects/pusher/client_table.hpp"
#include "dialects/pusher/conversations.hpp"
#include "dialects/pusher/fallbacks.hpp"
#include "dialects/pusher/occupancy.hpp"
#include "dialects/pusher/recovery.hpp"
#include "dialects/pusher/sockets.hpp"
#include "dialects/pusher/subscriptions.hpp"
#include "dialects/pusher/users.hpp"
#include "dialects/pusher/webhooks.hpp"

#include <longwire/server.hpp>
#include <longwire/task.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace longwire::dialects::pusher {

/// Pusher Channels, version 7 of its protocol: pusher-js, Laravel Echo and the libraries of
/// servers connect unchanged. WebSocket at /app/KEY, HTTP for clients without at /pusher/app/KEY,
/// the HTTP API at /apps/ID.
class Pusher final : public Dialect {
public:
    struct Options {
        /// How long a user, or the last of a channel, may be gone before that is told.
        std::chrono::milliseconds grace = std::chrono::seconds(3);
        Webhooks::Options webhooks = {};
        Fallbacks::Options fallbacks = {};
    };

    /// All must outlive the server's run. `send` sends webhooks.
    Pusher(Server& server, HubLoops& hub_loops, Gate& gate, std::vector<AppSettings> apps,
           Webhooks::Send send, const WebSocketOptions& websocket, const Options& options);
    virtual ~Pusher() = default;

    /// From now on these apps. Any thread.
    void replace(std::vector<AppSettings> apps) { apps_.replace(std::move(apps)); }

    void deliver(std::size_t loop, const hub::SharedPublication& publication) override;
    void interrupt(std::size_t loop, const std::string& channel, hub::Position position) override;
    void announce(std::size_t loop, const hub::PresenceChange& change) override;

private:
    void tick();

    DialectTally& tally_;
    Apps apps_;
    std::shared_ptr<Webhooks> webhooks_;
    ClientTable clients_;
    Recovery recovery_;
    Users users_;
    Subscriptions subscriptions_;
    Conversations conversations_;
    Occupancy occupancy_;
    Sockets sockets_;
    Fallbacks fallbacks_;
    Api api_;
};

}  // namespace longwire::dialects::pusher
