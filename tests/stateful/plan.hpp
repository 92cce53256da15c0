#pragma once

#include "chance.hpp"
#include "dialects/pusher/pusher.hpp"
#include "dialects/rules_gate.hpp"

#include <longwire/server.hpp>
#include <longwire/socketio.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace longwire::stateful {

/// What a seed decides of one server.
struct Plan {
    ServerOptions server;
    WebSocketOptions websocket;
    SocketIoOptions channels;  // Socket.IO's, for the channels
    SocketIoOptions program;   // of a program's own namespaces
    dialects::pusher::Pusher::Options pusher;
    std::chrono::milliseconds hook_timeout;
    std::size_t apps = 0;
    std::uint64_t gate_seed = 0;
    bool roomy = true;  // nobody is turned away since there is no room
};
/// `threads`: 0 where the seed says.
[[nodiscard]] Plan drawn_plan(simulation::Chance& chance, std::size_t threads);

/// Who may do what, on which channels; another one each time.
[[nodiscard]] dialects::RulesGate::Policy policy_of(std::uint64_t version,
                                                    std::shared_ptr<dialects::Webhook> webhook);

/// Of Pusher: "key-1" is the first's, "1" its id. Those after the third are there to be looked
/// through.
[[nodiscard]] std::vector<dialects::pusher::AppSettings> apps_of(std::size_t count,
                                                                 std::uint64_t version);

}  // namespace longwire::stateful
