// A program of somebody else: a server with channels and a client that meet, with nothing but what
// is installed.
#include <longwire/longwire.hpp>

#include <cstdio>
#include <string>
#include <thread>

static longwire::Task<int> greet(std::string url) {
    auto socket = co_await longwire::connect(url);
    if (!socket) {
        std::fprintf(stderr, "%s\n", socket.error().message().c_str());
        co_return 1;
    }
    co_await socket->send("hello");
    const auto answer = co_await socket->receive();
    co_return answer && answer->text() == "hello" ? 0 : 1;
}

int main() {
    longwire::Server server;
    server.websocket("/echo",
                     {.on_message = [](longwire::WebSocket& socket, longwire::Message message) {
                         socket.send(message);
                     }});
    longwire::Hub hub(server);
    hub.publish("news", "hello");
    const auto listening = server.listen({});
    if (!listening) return 1;
    std::thread serving([&] { server.run(); });
    const int status = longwire::run(greet("ws://" + listening->address + "/echo"));
    server.stop();
    serving.join();
    return status;
}
