// Peers that take what is sent to them slowly, but all the time: that is a sign of life, also where
// nothing else can be heard of them. Those that take nothing go as ever.
#include "client_events.hpp"
#include "raw_client.hpp"
#include "raw_server.hpp"
#include "running_server.hpp"
#include "slow_connection.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <string>
#include <thread>

namespace longwire {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t payload_size = std::size_t{3} << 20;
constexpr std::size_t head = 10;  // of a frame of that size
constexpr auto patience = 600ms;
constexpr auto time_to_read = 2000ms;

std::string large() {
    return std::string(payload_size, 'x');
}

std::string upgrade(RawConnection& client) {
    client.send(
        "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    return client.read_until("\r\n\r\n");
}

/// A server that sends much as soon as somebody comes.
struct Sender {
    explicit Sender(WebSocketOptions options, std::function<void(WebSocket&)> then = {}) {
        options.limits.max_backlog = 2 * payload_size;
        options.limits.compression = Compression::off;
        running.server.websocket(
            "/",
            {.on_open =
                 [then = std::move(then)](WebSocket& socket, const Request&) {
                     socket.send(large());
                     if (then) then(socket);
                 },
             .on_message = [](WebSocket& socket, Message message) { socket.send(message); },
             .on_close = [this](WebSocket&, CloseCode code,
                                std::string_view) { closed.set_value(code); }},
            options);
        running.start();
    }
    CloseCode how() {
        auto future = closed.get_future();
        EXPECT_EQ(future.wait_for(20s), std::future_status::ready);
        return future.get();
    }

    std::promise<CloseCode> closed;
    RunningServer running;
};

TEST(SlowLink, WhatThePeerTakesIsASignOfLife) {
    Sender sender({.limits = {.ping_after = patience / 2, .idle_timeout = patience}});
    RawConnection client = slow_connection(sender.running.port);
    upgrade(client);
    ASSERT_EQ(read_slowly(client, head + payload_size, time_to_read).size(), head + payload_size);
    // The ping has come behind it, and has not been answered before.
    EXPECT_EQ(client.read(2), "\x89\x04");
    client.read(4);
    client.send(client_frame(text, "still here"));
    EXPECT_EQ(client.read(12), server_frame(text, "still here"));
}

TEST(SlowLink, WithoutPingsToo) {
    Sender sender({.limits = {.ping_after = 0ms, .idle_timeout = patience}});
    RawConnection client = slow_connection(sender.running.port);
    upgrade(client);
    ASSERT_EQ(read_slowly(client, head + payload_size, time_to_read).size(), head + payload_size);
    client.send(client_frame(text, "still here"));
    EXPECT_EQ(client.read(12), server_frame(text, "still here"));
}

TEST(SlowLink, OneThatStopsInTheMiddleGoes) {
    Sender sender({.limits = {.ping_after = 100ms, .idle_timeout = 200ms}});
    RawConnection client = slow_connection(sender.running.port);
    upgrade(client);
    ASSERT_EQ(read_slowly(client, payload_size / 2, 500ms).size(), payload_size / 2);
    EXPECT_EQ(sender.how(), CloseCode::abnormal_closure);
}

TEST(SlowLink, OneThatHasAllAndDoesNotAnswerThePingGoes) {
    Sender sender({.limits = {.ping_after = 100ms, .idle_timeout = 200ms}});
    RawConnection client = slow_connection(sender.running.port);
    upgrade(client);
    ASSERT_EQ(read_slowly(client, head + payload_size, 500ms).size(), head + payload_size);
    EXPECT_EQ(sender.how(), CloseCode::abnormal_closure);
}

TEST(SlowLink, OneLargeMessageIsNoReasonToRefuseThePeersPings) {
    RunningServer running;
    running.server.websocket(
        "/", {.on_open = [](WebSocket& socket, const Request&) { socket.send(large()); }},
        {.limits = {.max_backlog = 1000, .compression = Compression::off}});
    running.start();
    RawConnection client = slow_connection(running.port);
    upgrade(client);
    for (int count = 0; count < 3; ++count) client.send(client_frame(ping_opcode, "there?"));
    EXPECT_EQ(client.read(head + payload_size).size(), head + payload_size);
    for (int count = 0; count < 3; ++count)
        EXPECT_EQ(client.read(8), server_frame(pong_opcode, "there?"));
}

TEST(SlowLink, TheCloseFrameWaitsBehindWhatMoves) {
    Sender sender({.limits = {.close_timeout = patience}},
                  [](WebSocket& socket) { socket.close(); });
    RawConnection client = slow_connection(sender.running.port);
    upgrade(client);
    ASSERT_EQ(read_slowly(client, head + payload_size, time_to_read).size(), head + payload_size);
    EXPECT_EQ(client.read(4), server_frame(close_opcode, close_payload(1000)));
    client.send(client_frame(close_opcode, close_payload(1000)));
    EXPECT_EQ(client.read_all(), "");
    EXPECT_EQ(sender.how(), CloseCode::normal);
}

TEST(SlowLink, ThePeersCloseIsAnsweredBehindWhatMoves) {
    Sender sender({.limits = {.close_timeout = patience}});
    RawConnection client = slow_connection(sender.running.port);
    upgrade(client);
    client.send(client_frame(close_opcode, close_payload(1000)));
    ASSERT_EQ(read_slowly(client, head + payload_size, time_to_read).size(), head + payload_size);
    EXPECT_EQ(client.read_all(), server_frame(close_opcode, close_payload(1000)));
    EXPECT_EQ(sender.how(), CloseCode::normal);
}

TEST(SlowLink, ACloseFrameBehindWhatNobodyTakesIsGivenUp) {
    Sender sender({.limits = {.close_timeout = 100ms}}, [](WebSocket& socket) { socket.close(); });
    RawConnection client = slow_connection(sender.running.port);
    upgrade(client);
    EXPECT_EQ(sender.how(), CloseCode::abnormal_closure);
}

TEST(SlowLink, AnOversizedReplyIsReadAtAnyPace) {
    RunningServer running({.handshake_timeout = patience});
    running.server.http("GET", "/whole",
                        [](const Request&) { return Response::text(200, large()); });
    running.start();
    RawConnection client = slow_connection(running.port);
    client.send("GET /whole HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const std::string answer = client.read_until("\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n"));
    EXPECT_EQ(read_slowly(client, payload_size, time_to_read).size(), payload_size);
}

/// What is written while the timer goes off is not a client that does not read.
TEST(SlowLink, AQuietStreamOfEventsIsNotCutWhenAHeartbeatFallsOnTheTimer) {
    std::atomic<bool> over = false;
    std::promise<void> cut;
    RunningServer running({.handshake_timeout = 50ms});
    const auto beat = [&over](HttpReply reply) -> Task<> {
        while (!over && reply.alive()) {
            co_await sleep_for(1ms);
            reply.write(":\n\n");
            // Each turn is so long that what is due in it comes with the next heartbeat.
            std::this_thread::sleep_for(6ms);
        }
    };
    running.server.http("GET", "/events", [&](const Request&, const HttpReply& reply) {
        reply.begin({.headers = {{"Content-Type", "text/event-stream"}}});
        reply.on_close([&] { cut.set_value(); });
        spawn(beat(reply));
    });
    running.start();
    RawClient client(running.port);
    client.send("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(cut.get_future().wait_for(800ms), std::future_status::timeout);
    over = true;
}

/// A server that reads slowly what a client sends, up to a close frame, and answers that.
std::string serve_slowly(RawConnection server) {
    server.send(switching_to(server.read_until("\r\n\r\n")));
    constexpr std::size_t masked_head = head + 4;
    const std::string read = read_slowly(server, masked_head + payload_size, time_to_read);
    if (read.size() < masked_head + payload_size) return "cut";
    for (;;) {
        const ClientFrame frame = read_frame(server);
        if (frame.first == (0x80U | unsigned{ping_opcode})) continue;
        server.send(server_frame(close_opcode, frame.payload));
        return frame.first == (0x80U | unsigned{close_opcode}) ? "closed" : "something else";
    }
}

TEST(SlowLink, AClientClosesBehindWhatMoves) {
    const RawServer server(16 * 1024);
    ClientEvents events;
    Client client(server.url(), events.watch({.limits = {.max_backlog = 2 * payload_size,
                                                         .compression = Compression::off,
                                                         .close_timeout = patience}}));
    auto served = std::async(std::launch::async, [&] { return serve_slowly(server.accept()); });
    events.wait_for("open");
    EXPECT_NE(client.send(large()), SendStatus::dropped);
    EXPECT_TRUE(client.close());
    EXPECT_EQ(served.get(), "closed");
    events.wait_for("close");
    EXPECT_EQ(events.all(), "open, close 1000 clean");
    EXPECT_EQ(client.buffered_amount(), 0U);
}

TEST(SlowLink, AClientOfManySmallMessagesClosesBehindThemToo) {
    const RawServer server(16 * 1024);
    ClientEvents events;
    Client client(server.url(), events.watch({.limits = {.max_backlog = 2 * payload_size,
                                                         .compression = Compression::off,
                                                         .close_timeout = patience}}));
    auto served = std::async(std::launch::async, [&] {
        RawConnection connection = server.accept();
        connection.send(switching_to(connection.read_until("\r\n\r\n")));
        const std::size_t all = payload_size / 1000 * (1000 + 8);
        const std::size_t read = read_slowly(connection, all, time_to_read).size();
        const ClientFrame last = read_frame(connection);
        connection.send(server_frame(close_opcode, last.payload));
        return read == all ? last.first : 0U;
    });
    events.wait_for("open");
    for (std::size_t sent = 0; sent < payload_size / 1000; ++sent)
        EXPECT_NE(client.send(std::string(1000, 'x')), SendStatus::dropped);
    EXPECT_TRUE(client.close());
    EXPECT_EQ(served.get(), 0x88U);
    events.wait_for("close");
    EXPECT_EQ(events.all(), "open, close 1000 clean");
}

TEST(SlowLink, AConnectionOfAClientIsNotIdleWhileItsMessageMoves) {
    const RawServer server(16 * 1024);
    auto served = std::async(std::launch::async, [&] { return serve_slowly(server.accept()); });
    RunningClient client([&]() -> Task<> {
        const ConnectOptions options = {.limits = {.compression = Compression::off,
                                                   .ping_after = patience / 2,
                                                   .idle_timeout = patience}};
        auto socket = co_await connect(server.url(), options);
        EXPECT_TRUE(socket);
        if (!socket) co_return;
        const std::string message = large();
        socket->send(message);
        // As a program does that awaits an answer to it.
        const auto answer = co_await within(time_to_read - 200ms, socket->receive());
        EXPECT_FALSE(answer) << "the connection ended with "
                             << to_number(socket->close_status().code);
    });
    EXPECT_EQ(served.get(), "closed");
}

}  // namespace
}  // namespace longwire
