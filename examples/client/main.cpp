#include <longwire/longwire.hpp>

#include <fmt/core.h>

longwire::Task<> greet() {
    auto socket = co_await longwire::connect("wss://example.org/chat", {.subprotocols = {"chat", "superchat"}});
    if (!socket) co_return fmt::print(stderr, "{}\n", socket.error().message());
    co_await socket->send("hello");
}

int main() { return longwire::run(greet()); }
