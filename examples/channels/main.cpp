#include <longwire/longwire.hpp>

#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

// A clock that everyone may read, at /channels/clock, and a chat, at /channels/chat.lobby:
//   curl -N -H 'Accept: text/event-stream' http://127.0.0.1:9001/channels/clock
//   longwire connect 'ws://127.0.0.1:9001/channels/chat.lobby?history=10&user=ann'
int main() {
    longwire::Server server;
    longwire::Hub hub(
        server,
        {
            .rules = {{.pattern = "chat.*", .history_count = 100, .presence = true},
                      {.pattern = "clock",
                       .history_count = 1,
                       .last_message = true,
                       .slow_reader = longwire::SlowReader::latest}},
            .authenticate = [](const longwire::Request& request) -> longwire::Result<longwire::ChannelUser> {
                return longwire::ChannelUser{.name = request.query("user").value_or(""), .info = {}};
            },
            .authorize = [](longwire::AuthorizationRequest question) {
                if (question.channel() == "clock" && question.action() == longwire::ChannelAction::publish)
                    question.refuse(403, "Only the server tells the time.");
                else
                    question.allow();
            },
        });

    const auto log = hub.subscribe("chat.lobby", {
        .on_message = [](const longwire::ChannelMessage& said) {
            std::printf("%s: %.*s\n", said.channel().c_str(), static_cast<int>(said.message().size()),
                        said.message().text().data());
        },
    });
    const std::jthread clock([&hub](const std::stop_token& stop) {
        for (int second = 0; !stop.stop_requested(); ++second) {
            hub.publish("clock", std::to_string(second));
            std::this_thread::sleep_for(std::chrono::seconds(1));
        }
    });
    return server.run({.port = 9001});
}
