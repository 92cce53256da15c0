#pragma once

#include "later.hpp"

#include <longwire/longwire.hpp>
#include <longwire/socketio.hpp>

namespace longwire::stateful {

/// A program's own Socket.IO, with handlers that do what handlers do: they ask clients and wait for
/// too short a time, put them into rooms, answer late, from another thread, or never, and throw
/// them out while they are spoken to.
class Program {
public:
    Program(Server& server, const SocketIoOptions& options, Later& later);

    [[nodiscard]] std::size_t sessions() const noexcept { return io_.sessions(); }

private:
    void set_up(std::string_view name_space);
    void let_in(const socketio::Application& asked);
    void ask(socketio::Socket& socket, const socketio::Arguments& arguments,
             const socketio::Acknowledge& acknowledge);

    Later& later_;
    SocketIo io_;
};

}  // namespace longwire::stateful
