// watch URL: prints what a server sends, and sends what is typed, from a thread of its own.
#include <longwire/longwire.hpp>

#include <iostream>
#include <string>

int main(int count, char** arguments) {
    longwire::Client client(count > 1 ? arguments[1] : "ws://127.0.0.1:8000/channels/lobby", {
        .reconnect = longwire::Reconnect(),
        .max_queue = 64 * 1024,
        .on_message = [](longwire::Client&, longwire::Message message) {
            std::cout << message.text() << std::endl;
        },
        .on_error = [](longwire::Client&, const longwire::Error& error) {
            std::cerr << error.message() << std::endl;
        },
    });
    std::string line;
    while (std::getline(std::cin, line)) client.send(line);
}
