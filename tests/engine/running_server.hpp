#pragma once

#include <gtest/gtest.h>
#include <longwire/longwire.hpp>

#include <string>
#include <thread>

namespace longwire {

/// A server that runs in a thread of its own, on a port that the system picked, until the end of
/// the test. Set up its routes, then start it.
class RunningServer {
public:
    /// With one loop, so that tests may look at what handlers wrote, unless `options` say more.
    explicit RunningServer(ServerOptions options = {}) : server(with_one_loop(options)) {}
    ~RunningServer() { stop(); }

    void start(const ListenOptions& options = {}) {
        const auto listening = server.listen(options);
        ASSERT_TRUE(listening) << listening.error().message();
        address = listening->address;
        port = listening->port;
        thread_ = std::thread([this] { status = server.run(); });
    }

    void stop() {
        if (!thread_.joinable()) return;
        server.stop();
        thread_.join();
    }

    [[nodiscard]] std::string url(std::string_view path) const {
        return "ws://" + address + std::string(path);
    }

    Server server;
    std::string address;
    std::uint16_t port = 0;
    int status = -1;

private:
    static ServerOptions with_one_loop(ServerOptions options) {
        if (options.threads == 0) options.threads = 1;
        return options;
    }

    std::thread thread_;
};

/// Handlers that send back what comes.
inline WebSocketHandlers echo_handlers() {
    return {.on_message = [](WebSocket& socket, Message message) { socket.send(message); }};
}

}  // namespace longwire
