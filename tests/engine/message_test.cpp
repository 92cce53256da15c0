// Messages over real sockets, to handlers and to coroutines.
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <future>
#include <string>

namespace longwire {
namespace {

Task<> echo(WebSocket& socket) {
    while (const auto message = co_await socket.receive()) co_await socket.send(*message);
}

class Echo : public testing::TestWithParam<const char*> {
protected:
    void SetUp() override {
        running.server.websocket("/callback", echo_handlers());
        running.server.websocket("/coroutine", echo);
        running.start();
    }

    RunningServer running;
};

TEST_P(Echo, SendsBackTextAndBinary) {
    RawClient client(running.port);
    client.upgrade(GetParam());
    client.send(client_frame(text, "hello") + client_frame(binary, std::string("\0\xFF", 2)));
    EXPECT_EQ(client.read(7), server_frame(text, "hello"));
    EXPECT_EQ(client.read(4), server_frame(binary, std::string("\0\xFF", 2)));
}

TEST_P(Echo, TakesFramesByteByByte) {
    RawClient client(running.port);
    client.upgrade(GetParam());
    const std::string frames = client_frame(text, "Hel", false) + client_frame(ping_opcode, "!") +
                               client_frame(continuation, "lo") + client_frame(text, "again");
    for (const char byte : frames) client.send(std::string_view(&byte, 1));
    EXPECT_EQ(client.read(3), server_frame(pong_opcode, "!"));
    EXPECT_EQ(client.read(7), server_frame(text, "Hello"));
    EXPECT_EQ(client.read(7), server_frame(text, "again"));
}

TEST_P(Echo, TakesManyMessagesInOneRead) {
    RawClient client(running.port);
    client.upgrade(GetParam());
    std::string sent;
    std::string expected;
    for (int index = 0; index < 2000; ++index) {
        const std::string payload = "message " + std::to_string(index);
        sent += client_frame(text, payload);
        expected += server_frame(text, payload);
    }
    client.send(sent);
    EXPECT_EQ(client.read(expected.size()), expected);
}

TEST_P(Echo, TakesAMessageOfAMegabyte) {
    RawClient client(running.port);
    client.upgrade(GetParam());
    const std::string payload(std::size_t{1024} * 1024, 'x');
    client.send(client_frame(binary, payload));
    const std::string head = client.read(10);
    EXPECT_EQ(head, std::string("\x82\x7F\0\0\0\0\0\x10\0\0", 10));
    EXPECT_EQ(client.read(payload.size()), payload);
}

TEST_P(Echo, AMessageAboveTheLimitIsClosedWith1009) {
    RawClient client(running.port);
    client.upgrade(GetParam());
    client.send(client_frame(binary, std::string(1, 'x'), false) +
                client_frame(continuation, std::string(std::size_t{1024} * 1024, 'x')));
    const std::string frame = client.read_all();
    ASSERT_GE(frame.size(), 4U);
    EXPECT_EQ(frame.substr(2, 2), close_payload(1009));
}

INSTANTIATE_TEST_SUITE_P(Handlers, Echo, testing::Values("/callback", "/coroutine"),
                         [](const auto& tested) { return std::string(tested.param + 1); });

TEST(Message, AConnectionHasItsOwnState) {
    struct Count {
        int messages = 0;
    };
    RunningServer running;
    running.server.websocket("/count", {.on_message = [](WebSocket& socket, Message) {
                                 socket.send(std::to_string(++socket.state<Count>().messages));
                             }});
    running.start();
    RawClient first(running.port);
    RawClient second(running.port);
    first.upgrade("/count");
    second.upgrade("/count");
    first.send(client_frame(text, "") + client_frame(text, ""));
    EXPECT_EQ(first.read(6), server_frame(text, "1") + server_frame(text, "2"));
    second.send(client_frame(text, ""));
    EXPECT_EQ(second.read(3), server_frame(text, "1"));
}

TEST(Message, ACoroutineKeepsItsMessageWhileItWaits) {
    RunningServer running;
    running.server.websocket("/slow", [](WebSocket& socket) -> Task<> {
        while (const auto message = co_await socket.receive()) {
            // What comes meanwhile must not overwrite it.
            co_await sleep_for(std::chrono::milliseconds(20));
            co_await socket.send(*message);
        }
    });
    running.start();
    RawClient client(running.port);
    client.upgrade("/slow");
    client.send(client_frame(text, "one") + client_frame(text, "two"));
    client.send(client_frame(text, "three"));
    EXPECT_EQ(client.read(5), server_frame(text, "one"));
    EXPECT_EQ(client.read(5), server_frame(text, "two"));
    EXPECT_EQ(client.read(7), server_frame(text, "three"));
}

TEST(Message, ACoroutineThatOnlySendsStillAnswersPingsAndSeesTheClose) {
    RunningServer running;
    running.server.websocket("/feed", [](WebSocket& socket) -> Task<> {
        while (co_await socket.send("tick") != SendStatus::dropped)
            co_await sleep_for(std::chrono::milliseconds(5));
    });
    running.start();
    RawClient client(running.port);
    client.upgrade("/feed");
    client.send(client_frame(ping_opcode, "?"));
    EXPECT_NE(client.read_until(server_frame(pong_opcode, "?")), "");
    client.send(client_frame(close_opcode, close_payload(1000)));
    EXPECT_TRUE(client.read_all().ends_with(server_frame(close_opcode, close_payload(1000))));
}

TEST(Message, AMessageThatWaitedIsGivenAfterClose) {
    RunningServer running;
    std::promise<std::string> seen;
    bool go = false;
    running.server.websocket("/", [&](WebSocket& socket) -> Task<> {
        while (!go) co_await sleep_for(std::chrono::milliseconds(1));
        socket.close();
        const auto message = co_await socket.receive();
        seen.set_value(message ? std::string(message->text()) : "nothing");
    });
    running.server.websocket("/go", {.on_open = [&](WebSocket&, const Request&) { go = true; }});
    running.start();
    RawClient client(running.port);
    client.upgrade("/");
    // All in one write: once the pong is here, the first message waits.
    client.send(client_frame(ping_opcode, "") + client_frame(text, "came before") +
                client_frame(text, "and another"));
    EXPECT_EQ(client.read(2), server_frame(pong_opcode, ""));
    RawClient starter(running.port);
    starter.upgrade("/go");
    EXPECT_EQ(seen.get_future().get(), "came before");
}

TEST(Message, ACoroutineMayHaveTheRequest) {
    RunningServer running;
    running.server.websocket("/rooms/:room", [](WebSocket& socket, Request request) -> Task<> {
        co_await sleep_for(std::chrono::milliseconds(1));
        co_await socket.send(request.parameter("room"));
        co_await socket.send(request.query("name").value_or("nobody"));
    });
    running.start();
    RawClient client(running.port);
    client.upgrade("/rooms/7?name=Ada%20L");
    EXPECT_EQ(client.read(3), server_frame(text, "7"));
    EXPECT_EQ(client.read(7), server_frame(text, "Ada L"));
    // It has returned, which closes the connection.
    EXPECT_EQ(client.read(4), server_frame(close_opcode, close_payload(1000)));
}

TEST(Message, APreparedMessageGoesToMany) {
    RunningServer running;
    for (const std::size_t size : {std::size_t{5}, std::size_t{100'000}}) {
        const std::string path = "/size/" + std::to_string(size);
        running.server.websocket(
            path, {.on_open = [prepared = PreparedMessage(Message::text(std::string(size, 'p')))](
                                  WebSocket& socket, const Request&) {
                socket.send("before");
                socket.send(prepared);
                socket.send("after");
            }});
    }
    running.start();
    for (int round = 0; round < 3; ++round) {
        RawClient small(running.port);
        small.upgrade("/size/5");
        EXPECT_EQ(small.read(8 + 7 + 7), server_frame(text, "before") +
                                             server_frame(text, "ppppp") +
                                             server_frame(text, "after"));
        RawClient large(running.port);
        large.upgrade("/size/100000");
        EXPECT_EQ(large.read(8), server_frame(text, "before"));
        EXPECT_EQ(large.read(10), std::string("\x81\x7F\0\0\0\0\0\x01\x86\xA0", 10));
        EXPECT_EQ(large.read(100'000), std::string(100'000, 'p'));
        EXPECT_EQ(large.read(7), server_frame(text, "after"));
    }
}

TEST(Message, AHandlerThatThrowsClosesItsOwnConnectionOnly) {
    set_log_sink({});
    RunningServer running;
    running.server.websocket("/", {.on_message = [](WebSocket& socket, Message message) {
                                 if (message.text() == "throw")
                                     throw std::runtime_error("on purpose");
                                 socket.send(message);
                             }});
    running.start();
    RawClient good(running.port);
    RawClient bad(running.port);
    good.upgrade("/");
    bad.upgrade("/");
    bad.send(client_frame(text, "throw"));
    EXPECT_EQ(bad.read(4).substr(2, 2), close_payload(1011));
    good.send(client_frame(text, "still here"));
    EXPECT_EQ(good.read(12), server_frame(text, "still here"));
}

TEST(Message, ACoroutineThatThrowsClosesItsOwnConnectionOnly) {
    set_log_sink({});
    RunningServer running;
    running.server.websocket("/", [](WebSocket& socket) -> Task<> {
        if (co_await socket.receive()) throw std::runtime_error("on purpose");
    });
    running.start();
    RawClient client(running.port);
    client.upgrade("/");
    client.send(client_frame(text, "x"));
    EXPECT_EQ(client.read(4).substr(2, 2), close_payload(1011));
}

}  // namespace
}  // namespace longwire
