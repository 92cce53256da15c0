// receive() where nobody could be given what comes: no wait without an end, and the log says why.
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <string>

namespace longwire {
namespace {

using namespace std::chrono_literals;

/// The errors that were logged.
struct ReceiveMisuse : testing::Test {
    ReceiveMisuse() {
        set_log_sink([this](LogLevel level, std::string_view line) {
            const std::scoped_lock lock(mutex);
            if (level == LogLevel::error) errors.append(line).append("\n");
        });
    }
    ~ReceiveMisuse() override { set_log_sink({}); }

    std::string logged() {
        const std::scoped_lock lock(mutex);
        return errors;
    }

    std::mutex mutex;
    std::string errors;
};

TEST_F(ReceiveMisuse, ASecondOneGetsNothingAndTheFirstGoesOn) {
    RunningServer running;
    running.server.websocket("/", echo_handlers());
    running.start();
    const int result = run([](std::string url) -> Task<int> {
        auto socket = co_await connect(url);
        if (!socket) co_return 1;
        std::string first;
        const auto receive = [](WebSocket& from, std::string& got) -> Task<> {
            while (const auto message = co_await from.receive()) got += message->text();
        };
        spawn(receive(*socket, first));
        EXPECT_FALSE(co_await socket->receive());
        EXPECT_FALSE(co_await socket->receive_part());
        EXPECT_EQ(socket->ready_state(), ReadyState::open);
        socket->send("a");
        socket->send("b");
        while (first.size() < 2) co_await sleep_for(1ms);
        EXPECT_EQ(first, "ab");
        co_return 0;
    }(running.url("/")));
    EXPECT_EQ(result, 0);
    EXPECT_NE(logged().find("another coroutine awaits it already"), std::string::npos) << logged();
}

TEST_F(ReceiveMisuse, OnARouteWithHandlersItIsAnErrorAndTheHandlerStillGetsAll) {
    RunningServer running;
    const auto receive = [](WebSocket& socket) -> Task<> {
        EXPECT_FALSE(co_await socket.receive());
    };
    WebSocketHandlers handlers = echo_handlers();
    handlers.on_open = [&](WebSocket& socket, const Request&) { spawn(receive(socket)); };
    running.server.websocket("/", handlers);
    running.start();
    const int result = run([](std::string url) -> Task<int> {
        auto socket = co_await connect(url);
        if (!socket) co_return 1;
        socket->send("to the handler");
        const auto answer = co_await socket->receive();
        EXPECT_TRUE(answer);
        EXPECT_EQ(answer ? answer->text() : "", "to the handler");
        co_return 0;
    }(running.url("/")));
    EXPECT_EQ(result, 0);
    EXPECT_NE(logged().find("route with handlers"), std::string::npos) << logged();
}

}  // namespace
}  // namespace longwire
