// What a server allows as a whole, and what one connection may ask of it.
#include "raw_client.hpp"
#include "running_server.hpp"

#include <longwire/testing.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace longwire {
namespace {

using std::chrono::milliseconds;

std::string close_frame(int code, std::string_view reason) {
    return server_frame(close_opcode, close_payload(code, reason));
}

/// Waits until `condition` holds; false after 20 seconds.
template <class Condition>
bool eventually(Condition condition) {
    for (int tries = 0; tries < 4000; ++tries) {
        if (condition()) return true;
        std::this_thread::sleep_for(milliseconds(5));
    }
    return false;
}

TEST(MaxConnections, OneMoreIsToldToComeBackLater) {
    RunningServer running({.max_connections = 2});
    running.server.websocket("/", echo_handlers());
    running.start();
    RawClient first(running.port);
    RawClient second(running.port);
    EXPECT_TRUE(first.upgrade("/").starts_with("HTTP/1.1 101 "));
    EXPECT_TRUE(second.upgrade("/").starts_with("HTTP/1.1 101 "));
    RawClient third(running.port);
    const std::string answer = third.read_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 503 ")) << answer;
    EXPECT_NE(answer.find("\r\nRetry-After: 10\r\n"), std::string::npos) << answer;
    EXPECT_FALSE(third.was_reset());

    first.close();
    EXPECT_TRUE(eventually([&] {
        RawClient next(running.port);
        return next.try_send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n") &&
               next.read_all().starts_with("HTTP/1.1 426 ");
    }));
}

TEST(MaxConnections, ThoseWhoAreRefusedAreFewAtATime) {
    RunningServer running({.max_connections = 1});
    running.server.websocket("/", echo_handlers());
    running.start();
    RawClient only(running.port);
    EXPECT_TRUE(only.upgrade("/").starts_with("HTTP/1.1 101 "));
    std::vector<std::unique_ptr<RawClient>> others;
    int answered = 0;
    int ended = 0;
    for (int count = 0; count < 300; ++count)
        others.push_back(std::make_unique<RawClient>(running.port));
    for (const auto& other : others) ++(other->read_all().empty() ? ended : answered);
    EXPECT_EQ(answered, 256);
    EXPECT_EQ(ended, 44);
}

TEST(MaxConnectionsPerAddress, OnlyThatAddressIsRefused) {
    RunningServer running({.max_connections_per_address = 1});
    running.server.websocket("/", echo_handlers());
    running.start();
    RawClient first(running.port);
    EXPECT_TRUE(first.upgrade("/").starts_with("HTTP/1.1 101 "));
    RawClient second(running.port);
    EXPECT_TRUE(second.read_all().starts_with("HTTP/1.1 429 "));
    RawClient from_elsewhere(running.port, "127.0.0.2");
    EXPECT_TRUE(from_elsewhere.upgrade("/").starts_with("HTTP/1.1 101 "));
}

TEST(ControlFrames, UpToTheBoundAreAnsweredAndMoreEndTheConnection) {
    RunningServer running;
    running.server.websocket("/", echo_handlers(), {.limits = {.max_control_frames = 100}});
    running.start();
    RawClient client(running.port);
    client.upgrade("/");
    std::string pings;
    std::string pongs;
    for (int count = 0; count < 100; ++count) {
        pings += client_frame(ping_opcode, "p");
        pongs += server_frame(pong_opcode, "p");
    }
    client.send(pings + client_frame(text, "still here"));
    EXPECT_EQ(client.read(pongs.size()), pongs);
    EXPECT_EQ(client.read(12), server_frame(text, "still here"));

    // Of so many, more than 100 fall in one second, however they are cut.
    std::string flood;
    for (int count = 0; count < 250; ++count) flood += client_frame(pong_opcode, "");
    client.send(flood + client_frame(close_opcode, close_payload(1008)));
    EXPECT_EQ(client.read_all(), close_frame(1008, "too many pings and pongs"));
}

class FrameTimeout : public testing::Test {
protected:
    FrameTimeout() {
        server.websocket("/", echo_handlers(),
                         {.limits = {.max_message_size = 1 << 20,
                                     .close_timeout = milliseconds(500),
                                     .frame_timeout = milliseconds(500)}});
    }

    TestConnection upgraded() {
        TestConnection client = test.open();
        client.send(upgrade_of("/"));
        EXPECT_TRUE(client.receive().starts_with("HTTP/1.1 101 "));
        return client;
    }
    /// Sends `begun` and nothing more; what the server says of it, and when it is too late.
    std::string answer_to(const std::string& begun) {
        TestConnection client = upgraded();
        client.send(begun);
        test.advance(milliseconds(490));
        std::string answer = client.receive();
        EXPECT_FALSE(client.ended());
        test.advance(milliseconds(20));
        answer += client.receive();
        test.advance(milliseconds(600));
        EXPECT_TRUE(client.ended());
        return answer;
    }

    Server server;
    TestServer test{server};
};

TEST_F(FrameTimeout, AHeaderThatIsNotWhole) {
    EXPECT_EQ(answer_to("\x81"), close_frame(1008, "sends too slowly"));
    EXPECT_EQ(answer_to(client_frame(text, "x").substr(0, 4)),
              close_frame(1008, "sends too slowly"));
}

TEST_F(FrameTimeout, APayloadThatIsNotWhole) {
    EXPECT_EQ(answer_to(client_frame(text, "hello").substr(0, 9)),
              close_frame(1008, "sends too slowly"));
    EXPECT_EQ(answer_to(client_frame(text, "hello") + client_frame(ping_opcode, "pp").substr(0, 7)),
              server_frame(text, "hello") + close_frame(1008, "sends too slowly"));
}

TEST_F(FrameTimeout, ByteByByteIsTooSlowToo) {
    TestConnection client = upgraded();
    for (const char byte : client_frame(text, std::string(3000, 'x')).substr(0, 600)) {
        client.send({&byte, 1});
        test.advance(milliseconds(1));
    }
    EXPECT_EQ(client.receive(), close_frame(1008, "sends too slowly"));
}

TEST_F(FrameTimeout, EachFrameHasItsOwnTime) {
    TestConnection client = upgraded();
    for (int count = 0; count < 8; ++count) {
        const std::string frame = client_frame(text, "hello");
        client.send(frame.substr(0, 8));
        test.advance(milliseconds(400));
        client.send(frame.substr(8));
        EXPECT_EQ(client.receive(), server_frame(text, "hello")) << count;
    }
}

TEST_F(FrameTimeout, BetweenFragmentsThereIsTime) {
    TestConnection client = upgraded();
    client.send(client_frame(text, "hel", false));
    test.advance(milliseconds(5000));
    client.send(client_frame(continuation, "lo"));
    EXPECT_EQ(client.receive(), server_frame(text, "hello"));
}

TEST_F(FrameTimeout, ALongFrameHasLonger) {
    TestConnection client = upgraded();
    const std::string frame = client_frame(binary, std::string(20'000, 'x'));
    client.send(frame.substr(0, 10'000));
    test.advance(milliseconds(2500));
    client.send(frame.substr(10'000));
    EXPECT_TRUE(client.receive().starts_with("\x82\x7E"));
}

TEST(FrameTimeoutOfACoroutine, DoesNotRunWhileNobodyReads) {
    Server server;
    server.websocket("/",
                     [](WebSocket& socket) -> Task<> {
                         while (auto message = co_await socket.receive()) {
                             co_await sleep_for(milliseconds(1200));
                             co_await socket.send(*message);
                         }
                     },
                     {.limits = {.frame_timeout = milliseconds(500)}});
    TestServer test(server);
    TestConnection client = test.open();
    client.send(upgrade_of("/"));
    EXPECT_TRUE(client.receive().starts_with("HTTP/1.1 101 "));
    const std::string third = client_frame(text, "third");
    client.send(client_frame(text, "first") + client_frame(text, "second") + third.substr(0, 7));
    test.advance(milliseconds(100));
    client.send(third.substr(7));
    test.advance(milliseconds(5000));
    EXPECT_EQ(client.receive(), server_frame(text, "first") + server_frame(text, "second") +
                                    server_frame(text, "third"));
}

TEST(MaxMemory, UnfinishedMessagesAreBoundedInAll) {
    std::atomic<int> open = 0;
    RunningServer running({.max_memory = std::size_t{1} << 20});
    running.server.websocket(
        "/",
        {.on_open = [&](WebSocket&, const Request&) { ++open; },
         .on_message = [](WebSocket& socket, Message message) { socket.send(message); },
         .on_close = [&](WebSocket&, CloseCode, std::string_view) { --open; }},
        {.limits = {.close_timeout = milliseconds(500)}});
    running.start();
    const std::string message = client_frame(binary, std::string(400'000, 'm'));
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int count = 0; count < 10; ++count) {
        clients.push_back(std::make_unique<RawClient>(running.port));
        if (clients.back()->upgrade("/").starts_with("HTTP/1.1 101 "))
            clients.back()->send(message.substr(0, 399'000));
    }
    // Those that ask for more than there is are closed; the others are served.
    EXPECT_TRUE(eventually([&] { return open <= 3; }));
    int served = 0;
    int closed = 0;
    for (const auto& client : clients) {
        (void)client->try_send(message.substr(399'000));
        const std::string answer = client->read(4);
        if (answer.starts_with("\x82\x7F")) ++served;
        if (answer == close_frame(1013, "the server is short of memory").substr(0, 4)) ++closed;
    }
    EXPECT_GE(served, 1);
    EXPECT_GE(closed, 1);
    // What was kept is given back.
    clients.clear();
    EXPECT_TRUE(eventually([&] { return open == 0; }));
    RawClient next(running.port);
    EXPECT_TRUE(next.upgrade("/").starts_with("HTTP/1.1 101 "));
}

TEST(MaxMemory, SlowReadersAreBoundedInAll) {
    constexpr std::size_t block = 100'000;
    RunningServer running({.max_memory = std::size_t{4} << 20});
    std::atomic<int> dropped = 0;
    std::atomic<int> opened = 0;
    running.server.websocket(
        "/flood",
        {.on_open =
             [&](WebSocket& socket, const Request&) {
                 const std::string message(block, 'x');
                 for (int count = 0; count < 640; ++count)  // more than the kernel takes
                     if (socket.send(message) == SendStatus::dropped) {
                         ++dropped;
                         break;
                     }
                 ++opened;
             }},
        {.limits = {.max_backlog = std::size_t{64} << 20, .close_timeout = milliseconds(500)}});
    running.server.websocket("/echo", echo_handlers());
    running.start();
    RawClient good(running.port);
    good.upgrade("/echo");
    RawClient slow(running.port);
    slow.send(
        "GET /flood HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    EXPECT_TRUE(eventually([&] { return opened == 1; }));
    EXPECT_EQ(dropped, 1);
    good.send(client_frame(text, "hello"));
    EXPECT_EQ(good.read(7), server_frame(text, "hello"));
}

TEST(RequestHead, ByteByByteIsShedInTime) {
    Server server({.handshake_timeout = milliseconds(500)});
    TestServer test(server);
    TestConnection client = test.open();
    const std::string request = "GET / HTTP/1.1\r\nHost: " + std::string(600, 'h');
    for (const char byte : request) {
        client.send({&byte, 1});
        test.advance(milliseconds(1));
    }
    EXPECT_TRUE(client.receive().starts_with("HTTP/1.1 408 "));
    EXPECT_TRUE(client.ended());
}

}  // namespace
}  // namespace longwire
