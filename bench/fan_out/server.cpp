// A server for the load of docs/performance.md: the same fan-out bare, by topics (/bare/NAME), and
// by channels (/channels/NAME).
//   fan_out_server PORT [THREADS]
#include <longwire/longwire.hpp>

#include <cstdint>
#include <cstdlib>
#include <string>

int main(int count, char** arguments) {
    longwire::ServerOptions options;
    options.threads = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 0;
    longwire::Server server(options);
    server.websocket("/bare/:name",
                     {.on_open =
                          [](longwire::WebSocket& socket, const longwire::Request& request) {
                              auto& topic = socket.state<std::string>();
                              topic = "bare/" + std::string(request.parameter("name"));
                              socket.subscribe(topic);
                          },
                      .on_message =
                          [](longwire::WebSocket& socket, longwire::Message message) {
                              socket.publish(socket.state<std::string>(), message);
                          }});
    const longwire::Hub hub(
        server, {.rules = {{.pattern = "plain*"}, {.pattern = "*", .history_count = 100}},
                 .authorize = [](longwire::AuthorizationRequest question) { question.allow(); }});
    const auto port =
        static_cast<std::uint16_t>(count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 9001);
    return server.run({.port = port});
}
