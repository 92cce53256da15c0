// Peers that read slowly, or not at all.
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>

namespace longwire {
namespace {

TEST(SlowPeer, BeyondTheBacklogTheConnectionIsClosed) {
    std::promise<CloseCode> closed;
    std::promise<std::size_t> most;
    RunningServer running;
    running.server.websocket(
        "/",
        {.on_open =
             [&](WebSocket& socket, const Request&) {
                 const std::string block(100'000, 'x');
                 std::size_t waiting = 0;
                 // More than the kernel's buffers hold, to somebody who does not read.
                 for (int count = 0; count < 1000; ++count) {
                     if (socket.send(block) == SendStatus::dropped) break;
                     waiting = std::max(waiting, socket.buffered_amount());
                 }
                 most.set_value(waiting);
             },
         .on_close = [&](WebSocket&, CloseCode code, std::string_view) { closed.set_value(code); }},
        {.limits = {.max_backlog = std::size_t{1} << 20,
                    .close_timeout = std::chrono::milliseconds(50)}});
    running.start();
    RawClient client(running.port);
    client.send(
        "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    EXPECT_LE(most.get_future().get(), (std::size_t{1} << 20) + 100'014);
    EXPECT_EQ(closed.get_future().get(), CloseCode::abnormal_closure);
}

TEST(SlowPeer, OneThatPingsAndReadsNothingIsEnded) {
    std::promise<void> closed;
    RunningServer running;
    running.server.websocket(
        "/", {.on_close = [&](WebSocket&, CloseCode, std::string_view) { closed.set_value(); }},
        {.limits = {.max_backlog = 100'000, .max_control_frames = 0}});
    running.start();
    RawClient client(running.port);
    client.upgrade("/");
    std::string pings;
    for (int count = 0; count < 5000; ++count)
        pings += client_frame(ping_opcode, std::string(125, 'p'));
    auto future = closed.get_future();
    while (future.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
        if (!client.try_send(pings)) break;
    future.wait();
}

TEST(SlowPeer, ACoroutineWaitsAndNothingIsLost) {
    constexpr int messages = 300;
    std::atomic<std::size_t> most = 0;
    RunningServer running;
    running.server.websocket("/", [&](WebSocket& socket) -> Task<> {
        const std::string block(100'000, 'x');
        for (int count = 0; count < messages; ++count) {
            const SendStatus status = co_await socket.send(block);
            EXPECT_NE(status, SendStatus::dropped);
            most = std::max(most.load(), socket.buffered_amount());
        }
    });
    running.start();
    RawClient client(running.port);
    client.upgrade("/");
    for (int count = 0; count < messages; ++count) {
        ASSERT_EQ(client.read(10), std::string("\x81\x7F\0\0\0\0\0\x01\x86\xA0", 10));
        ASSERT_EQ(client.read(100'000).size(), 100'000U);
    }
    EXPECT_EQ(client.read(4), server_frame(close_opcode, close_payload(1000)));
    EXPECT_LE(most, std::size_t{200'000});
}

TEST(SlowPeer, TheFirstToWaitIsTheFirstToGoOn) {
    constexpr std::size_t size = std::size_t{64} << 20;  // more than the kernel's buffers hold
    std::promise<std::string> resumed;
    RunningServer running;
    running.server.websocket("/",
                             [&](WebSocket& socket) -> Task<> {
                                 std::string order;
                                 const auto waits = [](WebSocket& sending, std::string& log,
                                                       char name) -> Task<> {
                                     const std::string block(size, name);
                                     co_await sending.send(block);
                                     log += name;
                                 };
                                 for (const char name : {'1', '2', '3'})
                                     spawn(waits(socket, order, name));
                                 EXPECT_EQ(order, "") << "the client has read nothing yet";
                                 while (order.size() < 3)
                                     co_await sleep_for(std::chrono::milliseconds(1));
                                 resumed.set_value(order);
                             },
                             {.limits = {.max_backlog = 4 * size}});
    running.start();
    RawClient client(running.port);
    client.upgrade("/");
    EXPECT_EQ(client.read(3 * (size + 10)).size(), 3 * (size + 10));
    EXPECT_EQ(resumed.get_future().get(), "123");
}

TEST(SlowPeer, ACoroutineThatWaitsIsToldWhenTheConnectionEnds) {
    std::promise<SendStatus> last;
    RunningServer running;
    running.server.websocket("/", [&](WebSocket& socket) -> Task<> {
        const std::string block(100'000, 'x');
        for (;;) {
            const SendStatus status = co_await socket.send(block);
            if (status != SendStatus::dropped) continue;
            last.set_value(status);
            co_return;
        }
    });
    running.start();
    {
        RawClient client(running.port);
        client.upgrade("/");
        client.read(100'000);
    }
    EXPECT_EQ(last.get_future().get(), SendStatus::dropped);
}

TEST(SlowPeer, ACoroutineThatDoesNotReceivePushesBackOnThePeer) {
    std::promise<void> go;
    std::promise<int> counted;
    RunningServer running;
    running.server.websocket("/", [&](WebSocket& socket) -> Task<> {
        auto released = go.get_future();
        while (released.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
            co_await sleep_for(std::chrono::milliseconds(5));
        int count = 0;
        while (co_await socket.receive()) ++count;
        counted.set_value(count);
    });
    running.start();
    RawClient client(running.port);
    client.upgrade("/");
    std::thread sender([&] {
        const std::string frame = client_frame(binary, std::string(100'000, 'x'));
        for (int count = 0; count < 300; ++count) client.send(frame);
        client.send(client_frame(close_opcode, close_payload(1000)));
    });
    go.set_value();
    EXPECT_EQ(counted.get_future().get(), 300);
    sender.join();
}

}  // namespace
}  // namespace longwire
