// What the test suites of the Engine.IO and Socket.IO protocols expect of a server, on port 3000 (or
// the port that is given): see docs/socketio.md.
#include <longwire/longwire.hpp>
#include <longwire/socketio.hpp>

#include <chrono>
#include <cstdint>
#include <cstdlib>

using longwire::socketio::Acknowledge;
using longwire::socketio::Arguments;
using longwire::socketio::Json;
using longwire::socketio::Socket;

int main(int count, char** arguments) {
    longwire::Server server({.threads = 1});
    longwire::SocketIoOptions options = {
        .origins = {"*"},
        .ping_interval = std::chrono::milliseconds(300),
        .ping_timeout = std::chrono::milliseconds(200),
        .connect_timeout = std::chrono::seconds(1),
        .max_payload = 1'000'000,
    };

    longwire::SocketIo io(server, options);
    const auto show_auth = [](Socket& socket) {
        socket.emit("auth", Json{socket.handshake().auth});
    };
    io.of("/")
        .on_connection(show_auth)
        .on("message",
            [](Socket& socket, const Arguments& given, const Acknowledge&) {
                socket.send("message-back", given);
            })
        .on("message-with-ack", [](Socket&, const Arguments& given,
                                   const Acknowledge& acknowledge) { acknowledge.send(given); });
    io.of("/custom").on_connection(show_auth);

    options.path = "/engine.io/";
    const longwire::EngineIo engine(
        server, options, [](longwire::EngineIo::Session& session, longwire::Message message) {
            session.send(message);
        });

    const int port = count > 1 ? std::atoi(arguments[1]) : 3000;
    return server.run({.port = static_cast<std::uint16_t>(port)});
}
