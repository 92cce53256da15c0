#include <longwire/longwire.hpp>

int main() {
    longwire::Server server;
    server.websocket("/echo", {
        .on_message = [](longwire::WebSocket& socket, longwire::Message message) {
            socket.send(message);
        },
    });
    return server.run({.port = 9001});
}
