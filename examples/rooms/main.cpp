#include <longwire/longwire.hpp>
#include <longwire/socketio.hpp>

#include <chrono>
#include <string>
#include <thread>

// Rooms of socket.io-client that are channels of everybody. In Node:
//   const socket = io('http://127.0.0.1:9001', { auth: { name: 'ann' } });
//   socket.on('said', (name, text) => console.log(name, text));
//   socket.emit('enter', 'tea');  socket.emit('say', 'tea', 'hello');
// and beside it, on the same channel, without a library:
//   curl -N -H 'Accept: text/event-stream' http://127.0.0.1:9001/channels/tea
//   curl http://127.0.0.1:9001/channels/tea/presence
int main() {
    longwire::Server server;
    longwire::Hub hub(
        server,
        {
            .rules = {{.pattern = "*", .history_count = 100, .presence = true}},
            .authorize = [](longwire::AuthorizationRequest question) {
                if (question.action() == longwire::ChannelAction::publish)
                    question.refuse(403, "Come with Socket.IO to say something.");
                else
                    question.allow();
            },
        });
    longwire::SocketIo io(hub, {.recovery = std::chrono::minutes(2)});
    io.of("/")
        .on("enter",
            [](longwire::socketio::Socket& socket, auto& arguments, auto& acknowledge) {
                socket.join(arguments.text(0).value_or(""),
                            {.name = socket.handshake().auth_text("name").value_or(""), .info = {}});
                acknowledge();
            })
        .on("say", [&io](longwire::socketio::Socket& socket, auto& arguments, auto& /*acknowledge*/) {
            const std::string room = arguments.text(0).value_or("");
            if (!socket.in(room)) return;
            io.of("/").to(room).emit("said", socket.handshake().auth_text("name").value_or("?"),
                                     arguments.text(1).value_or(""));
        });

    const std::jthread kettle([&hub](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            std::this_thread::sleep_for(std::chrono::seconds(1));
            hub.publish("tea", "The water boils.");  // to sockets: the event "message"
        }
    });
    return server.run({.port = 9001});
}
