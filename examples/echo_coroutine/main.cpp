#include <longwire/longwire.hpp>

int main() {
    longwire::Server server;
    server.websocket("/echo", [](longwire::WebSocket& socket) -> longwire::Task<> {
        while (auto message = co_await socket.receive())
            co_await socket.send(*message);
    });
    return server.run({.port = 9001});
}
