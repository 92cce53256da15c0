#pragma once

#include "dialects/hub_loops.hpp"
#include "dialects/pusher/conversations.hpp"
#include "dialects/pusher/subscriptions.hpp"

#include <longwire/longwire.hpp>

#include <memory>
#include <string>

namespace longwire::dialects::pusher {

/// The clients that come by WebSocket: /app/KEY.
class Sockets {
public:
    /// All must outlive the server's run.
    Sockets(Server& server, HubLoops& hub_loops, Apps& apps, ClientTable& clients,
            Conversations& conversations, Subscriptions& subscriptions, WebSocketOptions options);
    Sockets(const Sockets&) = delete;
    Sockets& operator=(const Sockets&) = delete;
    ~Sockets() = default;

private:
    class SocketLine;
    struct State {
        std::shared_ptr<SocketLine> line;
        std::string cookie = {};  // which the upgrade has set, until the client is known
    };

    void set_cookie(Upgrade& upgrade);
    void open(WebSocket& socket, const Request& request);
    void receive(WebSocket& socket, Message message);
    void gone(WebSocket& socket, CloseCode code);

    HubLoops& hub_loops_;
    Apps& apps_;
    ClientTable& clients_;
    Conversations& conversations_;
    Subscriptions& subscriptions_;
};

}  // namespace longwire::dialects::pusher
