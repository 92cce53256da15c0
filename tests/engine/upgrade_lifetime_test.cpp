// A connection that ends, from any side, while it turns from HTTP into a WebSocket. What is freed
// too early is seen by AddressSanitizer.
#include "raw_client.hpp"
#include "raw_connection.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <string_view>

namespace longwire {
namespace {

class UpgradeLifetime : public testing::Test {
protected:
    void SetUp() override {
        set_log_sink({});
        const auto ended = [this](WebSocket&, CloseCode, std::string_view) { ++closed; };
        const auto opened = [this](auto act) {
            return [this, act](WebSocket& socket, const Request&) {
                ++open;
                act(socket);
            };
        };
        WebSocketHandlers echo = echo_handlers();
        echo.on_open = opened([](WebSocket&) {});
        echo.on_close = ended;
        running.server.websocket("/echo", echo);
        running.server.websocket(
            "/terminates",
            {.on_open = opened([](WebSocket& socket) { socket.terminate(); }),
             .on_message = [](WebSocket&, Message) { ADD_FAILURE() << "after the end"; },
             .on_close = ended});
        running.server.websocket(
            "/closes",
            {.on_open = opened([](WebSocket& socket) { socket.close(CloseCode{4000}, "no"); }),
             .on_close = ended});
        running.server.websocket(
            "/throws", {.on_open = opened([](WebSocket&) { throw std::runtime_error("no"); }),
                        .on_close = ended});
        running.server.websocket(
            "/first", {.on_open = opened([](WebSocket&) {}),
                       .on_message = [](WebSocket& socket, Message) { socket.terminate(); },
                       .on_close = ended});
        running.server.websocket("/returns", [](WebSocket&) -> Task<> { co_return; });
        running.server.websocket("/takes_one", [](WebSocket& socket) -> Task<> {
            if (co_await socket.receive()) socket.terminate();
        });
        running.start();
    }

    void expect_to_serve_on() const {
        RawClient client(running.port);
        EXPECT_TRUE(client.upgrade("/echo").starts_with("HTTP/1.1 101 "));
        client.send(client_frame(text, "fine"));
        EXPECT_EQ(client.read(6), server_frame(text, "fine"));
    }

    std::atomic<int> open = 0;
    std::atomic<int> closed = 0;
    RunningServer running;
};

constexpr std::string_view paths[] = {"/echo",  "/terminates", "/closes",   "/throws",
                                      "/first", "/returns",    "/takes_one"};

/// A request, and frames of every kind behind it.
std::string request_and_frames(std::string_view path) {
    return upgrade_of(path, "Sec-WebSocket-Extensions: permessage-deflate\r\n") +
           client_frame(text, "early") + client_frame(ping_opcode, "p") +
           client_frame(binary, "cut", false) + client_frame(continuation, " in two") +
           client_frame(text, "last") + client_frame(close_opcode, close_payload(1000));
}

TEST_F(UpgradeLifetime, AHandlerMayEndTheConnectionWhileFramesWait) {
    for (const std::string_view path : paths) {
        RawConnection client = RawConnection::to(running.port);
        client.send(request_and_frames(path));
        client.read_all();
    }
    expect_to_serve_on();
    running.stop();
    EXPECT_EQ(open, closed) << "each that was opened is told of its end, once";
}

TEST_F(UpgradeLifetime, AClientMayVanishAfterAnyByte) {
    for (const std::string_view path : paths) {
        const std::string bytes = request_and_frames(path);
        for (std::size_t size = 0; size <= bytes.size(); size += size < 190 ? 19 : 1) {
            RawConnection client = RawConnection::to(running.port);
            client.send(std::string_view(bytes).substr(0, size));
            client.vanish();
        }
    }
    expect_to_serve_on();
    running.stop();
    EXPECT_EQ(open, closed);
}

TEST_F(UpgradeLifetime, AClientMayShutItsSideAfterAnyByte) {
    for (const std::string_view path : paths) {
        const std::string bytes = request_and_frames(path);
        for (std::size_t size = bytes.size() - 60; size <= bytes.size(); size += 3) {
            RawConnection client = RawConnection::to(running.port);
            client.send(std::string_view(bytes).substr(0, size));
            client.shut();
            client.read_all();
        }
    }
    expect_to_serve_on();
    running.stop();
    EXPECT_EQ(open, closed);
}

TEST_F(UpgradeLifetime, TheServerMayStopMeanwhile) {
    std::vector<RawConnection> clients;
    for (int count = 0; count < 40; ++count) {
        const std::string bytes = request_and_frames(paths[static_cast<std::size_t>(count) % 7]);
        clients.push_back(RawConnection::to(running.port));
        clients.back().send(
            std::string_view(bytes).substr(0, static_cast<std::size_t>(count) * bytes.size() / 39));
    }
    running.server.stop();
    for (RawConnection& client : clients) {
        client.shut();
        client.read_all();
    }
    running.stop();
    EXPECT_EQ(open, closed);
}

}  // namespace
}  // namespace longwire
