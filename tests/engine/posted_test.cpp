// What other threads send faster than a loop takes it: bounded, counted, and told.
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <future>
#include <optional>
#include <string>

namespace longwire {
namespace {

constexpr std::size_t most = std::size_t{4} << 20;
constexpr std::size_t posted_size = 1000;

/// A server whose only loop is busy until it is released.
struct Posted : testing::Test {
    Posted() {
        running.server.websocket(
            "/",
            {.on_open =
                 [this](WebSocket& socket, const Request&) {
                     socket.subscribe("topic");
                     opened.set_value(socket.handle());
                 },
             .on_message = [this](WebSocket&, Message) { release.get_future().wait(); }},
            {.limits = {.max_backlog = 2 * most, .compression = Compression::off}});
        running.start();
        client.emplace(running.port);
        client->upgrade("/");
        handle = opened.get_future().get();
    }

    /// Sends until something is dropped, and gives how many were not.
    template <class Send>
    std::size_t fill(Send send) {
        std::size_t taken = 0;
        while (taken < 100'000 && send(std::string(posted_size, 'x')) != SendStatus::dropped)
            ++taken;
        return taken;
    }
    /// All that was taken arrives, and then there is room again.
    template <class Send>
    void goes_on(std::size_t taken, Send send) {
        release.set_value();
        const std::size_t frame = 4 + posted_size;
        EXPECT_EQ(client->read(taken * frame).size(), taken * frame);
        EXPECT_EQ(send("more"), SendStatus::sent);
        EXPECT_EQ(client->read(6), server_frame(text, "more"));
    }

    std::promise<Handle> opened;
    std::promise<void> release;
    RunningServer running{{.max_memory = most}};
    std::optional<RawClient> client;
    Handle handle;
};

TEST_F(Posted, HandlesSayThatThereIsNoRoom) {
    client->send(client_frame(text, "be busy"));
    const auto send = [&](const std::string& message) { return handle.send(message).status; };
    const std::size_t taken = fill(send);
    EXPECT_LE(taken * posted_size, most / 2);
    EXPECT_GE(taken * posted_size, most / 4);
    EXPECT_GE(running.server.counts().held, taken * posted_size) << "what waits is counted";
    EXPECT_FALSE(handle.send("one more of a thousand bytes" + std::string(posted_size, ' ')));
    goes_on(taken, send);
}

TEST_F(Posted, AndSoDoesPublishing) {
    client->send(client_frame(text, "be busy"));
    const auto publish = [&](const std::string& message) {
        return running.server.publish("topic", message);
    };
    const std::size_t taken = fill(publish);
    EXPECT_LE(taken * posted_size, most / 2);
    EXPECT_GE(taken * posted_size, most / 4);
    EXPECT_EQ(running.server.publish("nobody's", std::string(posted_size, 'x')), SendStatus::sent);
    goes_on(taken, publish);
}

TEST_F(Posted, EmptyMessagesAreBoundedToo) {
    client->send(client_frame(text, "be busy"));
    std::size_t taken = 0;
    while (taken < most && handle.send("")) ++taken;
    EXPECT_LE(taken, most / 2 / 100);
    release.set_value();
    EXPECT_EQ(client->read(2 * taken).size(), 2 * taken);
}

TEST_F(Posted, FunctionsAreBoundedAndClosingIsNot) {
    client->send(client_frame(text, "be busy"));
    std::atomic<std::size_t> run = 0;
    std::size_t taken = 0;
    while (taken < most && handle.post([&](WebSocket&) { ++run; })) ++taken;
    EXPECT_LE(taken, most / 2 / 100);
    EXPECT_GE(taken, most / 4 / 1000);
    EXPECT_TRUE(handle.close());
    release.set_value();
    EXPECT_EQ(client->read_until(close_payload(1000)),
              server_frame(close_opcode, close_payload(1000)));
    EXPECT_EQ(run, taken);
}

TEST_F(Posted, OneMessageForManyCountsOnce) {
    client->send(client_frame(text, "be busy"));
    const PreparedMessage message(Message::text(std::string(100'000, 'x')));
    for (int count = 0; count < 1000; ++count) ASSERT_TRUE(handle.send(message));
    release.set_value();
}

TEST(PostedToAClient, IsBoundedWithoutAServersLimit) {
    RunningServer running;
    running.server.websocket("/", echo_handlers());
    running.start();
    const int result = run([](std::string url) -> Task<int> {
        auto socket = co_await connect(url);
        if (!socket) co_return 1;
        const Handle handle = socket->handle();
        const std::string large(8'000'000, 'x');
        // This loop takes none of it before it is awaited again.
        std::size_t taken = 0;
        while (taken < 100 && handle.send(large)) ++taken;
        EXPECT_LE(taken, 8U);
        EXPECT_GE(taken, 7U);
        socket->terminate();
        co_return 0;
    }(running.url("/")));
    EXPECT_EQ(result, 0);
}

}  // namespace
}  // namespace longwire
