// Pings of the connection's own, and how long their answers take.
#include "raw_client.hpp"
#include "raw_server.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>
#include <longwire/longwire.hpp>

#include <chrono>
#include <future>
#include <optional>
#include <string>

namespace longwire {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

TEST(RoundTrip, IsNothingBeforeThereWasOne) {
    RunningServer running;
    running.server.websocket("/", echo_handlers());
    running.start();
    const RunningClient client([&]() -> Task<> {
        auto socket = co_await connect(running.url("/"));
        EXPECT_TRUE(socket);
        if (!socket) co_return;
        EXPECT_FALSE(socket->round_trip());
        socket->ping("the program's own");
        socket->send("answered behind the pong");
        co_await socket->receive();
        EXPECT_FALSE(socket->round_trip());
        const auto taken = co_await socket->ping_and_wait();
        EXPECT_TRUE(taken && taken->count() > 0);
        EXPECT_EQ(socket->round_trip(), taken);
    });
}

TEST(RoundTrip, OnlyTheAnswerToTheLatestOwnPingCounts) {
    const RawServer server;
    const RunningClient client([&]() -> Task<> {
        auto socket = co_await connect(server.url());
        EXPECT_TRUE(socket);
        if (!socket) co_return;
        const auto taken = co_await socket->ping_and_wait();
        EXPECT_TRUE(taken && *taken >= milliseconds(20)) << "a pong that was none of ours counted";
        socket->send("measured");
        // The connection ends before this one is answered.
        EXPECT_FALSE(co_await socket->ping_and_wait());
        EXPECT_EQ(socket->round_trip(), taken);
        EXPECT_EQ(socket->ready_state(), ReadyState::closed);
        EXPECT_FALSE(co_await socket->ping_and_wait());
    });
    RawConnection connection = server.accept();
    connection.send(switching_to(connection.read_until("\r\n\r\n")));
    const ClientFrame ping = read_frame(connection);
    EXPECT_EQ(ping.first, 0x89U);
    const auto read = Clock::now();
    connection.send(server_frame(pong_opcode, "") + server_frame(pong_opcode, "nobody asked") +
                    server_frame(pong_opcode, ping.payload + "x") +
                    server_frame(pong_opcode, ping.payload.substr(1)));
    EXPECT_TRUE(connection.silent_for(milliseconds(20)));
    EXPECT_GE(Clock::now() - read, milliseconds(20));
    connection.send(server_frame(pong_opcode, ping.payload));
    EXPECT_EQ(read_frame(connection).payload, "measured");
    // Not twice.
    connection.send(server_frame(pong_opcode, ping.payload));
    EXPECT_NE(read_frame(connection).payload, ping.payload);
    connection.shut();
}

TEST(RoundTrip, IsMeasuredAgainAndAgainWhateverElseComes) {
    const RawServer server;
    const RunningClient client([&]() -> Task<> {
        auto socket = co_await connect(server.url(), {.limits = {.ping_every = milliseconds(20)}});
        EXPECT_TRUE(socket);
        if (!socket) co_return;
        while (co_await socket->receive()) {
        }
        EXPECT_TRUE(socket->round_trip());
    });
    RawConnection connection = server.accept();
    connection.send(switching_to(connection.read_until("\r\n\r\n")));
    std::string before;
    for (int count = 0; count < 5; ++count) {
        connection.send(server_frame(text, "not silent"));
        const ClientFrame ping = read_frame(connection);
        EXPECT_EQ(ping.first, 0x89U);
        EXPECT_NE(ping.payload, before);
        before = ping.payload;
        connection.send(server_frame(text, "not silent") + server_frame(pong_opcode, before));
    }
    connection.shut();
}

TEST(RoundTrip, AnUnansweredPingIsNotHurriedByOthers) {
    const RawServer server;
    const RunningClient client([&]() -> Task<> {
        auto socket = co_await connect(server.url(), {.limits = {.ping_every = milliseconds(20)}});
        EXPECT_TRUE(socket);
        if (!socket) co_return;
        co_await socket->receive();
    });
    RawConnection connection = server.accept();
    connection.send(switching_to(connection.read_until("\r\n\r\n")));
    EXPECT_EQ(read_frame(connection).first, 0x89U);
    EXPECT_TRUE(connection.silent_for(milliseconds(100)));
    // But it is not the last one either: the peer may have left the answer out.
    EXPECT_EQ(read_frame(connection).first, 0x89U);
    connection.shut();
}

TEST(RoundTrip, AServerMeasuresToo) {
    std::promise<std::optional<std::chrono::microseconds>> measured;
    RunningServer running;
    running.server.websocket("/", {.on_open = [&](WebSocket& socket, const Request&) {
                                 spawn([](WebSocket& socket, auto& measured) -> Task<> {
                                     measured.set_value(co_await socket.ping_and_wait());
                                 }(socket, measured));
                             }});
    running.start();
    RawClient client(running.port);
    client.upgrade("/");
    const std::string ping = client.read(6);
    client.send(client_frame(pong_opcode, ping.substr(2)));
    EXPECT_TRUE(measured.get_future().get());
}

TEST(RoundTrip, AServerMeasuresAgainAndAgainWhateverElseComes) {
    std::promise<bool> measured;
    int messages = 0;
    RunningServer running;
    running.server.websocket("/",
                             {.on_message =
                                  [&](WebSocket& socket, Message /*message*/) {
                                      if (++messages == 10)
                                          measured.set_value(socket.round_trip().has_value());
                                  }},
                             {.limits = {.ping_every = milliseconds(20)}});
    running.start();
    RawClient client(running.port);
    client.upgrade("/");
    std::string before;
    for (int count = 0; count < 5; ++count) {
        client.send(client_frame(text, "not silent"));
        const std::string ping = client.read(6);
        EXPECT_EQ(ping.substr(0, 2), "\x89\x04");
        EXPECT_NE(ping, before);
        before = ping;
        client.send(client_frame(pong_opcode, ping.substr(2)) + client_frame(text, "not silent"));
    }
    EXPECT_TRUE(measured.get_future().get());
}

TEST(RoundTrip, APongBehindAMessageIsSeenWhenThatIsTaken) {
    const RawServer server;
    const RunningClient client([&]() -> Task<> {
        auto socket = co_await connect(server.url());
        EXPECT_TRUE(socket);
        if (!socket) co_return;
        bool answered = false;
        spawn([](WebSocket& socket, bool& answered) -> Task<> {
            answered = (co_await socket.ping_and_wait()).has_value();
        }(*socket, answered));
        co_await sleep_for(milliseconds(20));
        EXPECT_FALSE(answered);
        EXPECT_TRUE(co_await socket->receive());
        EXPECT_FALSE(answered);
        EXPECT_TRUE(co_await socket->receive());
        // Before the next turn of the loop ends, and not within the receive.
        EXPECT_FALSE(answered);
        while (!answered) co_await sleep_for(milliseconds(1));
    });
    RawConnection connection = server.accept();
    connection.send(switching_to(connection.read_until("\r\n\r\n")));
    const ClientFrame ping = read_frame(connection);
    connection.send(server_frame(text, "one") + server_frame(pong_opcode, ping.payload) +
                    server_frame(text, "two"));
    EXPECT_EQ(read_frame(connection).first, 0x88U);
    connection.send(server_frame(close_opcode, ""));
    connection.shut();
}

TEST(Extensions, AreThoseThatWereAgreedOn) {
    RunningServer running;
    running.server.websocket("/", echo_handlers(),
                             {.limits = {.compression = Compression::shared}});
    running.server.websocket("/plain", echo_handlers(),
                             {.limits = {.compression = Compression::off}});
    std::promise<std::string> of_server;
    running.server.websocket(
        "/tell",
        {.on_open = [&](WebSocket& socket,
                        const Request&) { of_server.set_value(socket.extensions()); }},
        {.limits = {.compression = Compression::dedicated}});
    running.start();
    const RunningClient client([&]() -> Task<> {
        const auto shared = co_await connect(running.url("/"));
        EXPECT_EQ(shared->extensions(),
                  "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
        const auto plain = co_await connect(running.url("/plain"));
        EXPECT_EQ(plain->extensions(), "");
        const auto told = co_await connect(running.url("/tell"),
                                           {.limits = {.compression = Compression::dedicated}});
        EXPECT_EQ(told->extensions(), "permessage-deflate");
        EXPECT_EQ(of_server.get_future().get(), told->extensions());
    });
}

}  // namespace
}  // namespace longwire
