// The closing handshake over real sockets (RFC 6455, sections 5.5.1 and 7).
#include "raw_client.hpp"
#include "running_server.hpp"

#include <longwire/testing.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <vector>

namespace longwire {
namespace {

struct Closed {
    CloseCode code;
    std::string reason;
};

/// A server that echoes, and tells how its first connection ended.
struct Watched {
    explicit Watched(const WebSocketOptions& options = {}) {
        running.server.websocket(
            "/",
            {.on_message =
                 [](WebSocket& socket, Message message) {
                     if (message.text() == "close")
                         socket.close(CloseCode{4001}, "asked to");
                     else if (message.text() == "terminate")
                         socket.terminate();
                     else
                         socket.send(message);
                 },
             .on_close =
                 [this](WebSocket& socket, CloseCode code, std::string_view reason) {
                     EXPECT_EQ(socket.ready_state(), ReadyState::closed);
                     if (!told.exchange(true)) closed.set_value({code, std::string(reason)});
                 }},
            options);
        running.start();
    }

    Closed how() {
        auto future = closed.get_future();
        EXPECT_EQ(future.wait_for(std::chrono::seconds(20)), std::future_status::ready);
        return future.get();
    }

    std::promise<Closed> closed;
    std::atomic<bool> told = false;
    RunningServer running;
};

TEST(Close, ThePeersCodeIsEchoedAndTold) {
    Watched watched;
    RawClient client(watched.running.port);
    client.upgrade("/");
    client.send(client_frame(close_opcode, close_payload(4321, "bye")));
    const std::string rest = client.read_all();
    ASSERT_GE(rest.size(), 4U);
    EXPECT_EQ(rest[0], '\x88');
    EXPECT_EQ(rest.substr(2, 2), close_payload(4321));
    EXPECT_FALSE(client.was_reset());
    const Closed closed = watched.how();
    EXPECT_EQ(to_number(closed.code), 4321);
    EXPECT_EQ(closed.reason, "bye");
}

TEST(Close, AnEmptyCloseFrameIs1005) {
    Watched watched;
    RawClient client(watched.running.port);
    client.upgrade("/");
    client.send(client_frame(close_opcode, ""));
    EXPECT_EQ(client.read_all(), server_frame(close_opcode, ""));
    EXPECT_EQ(watched.how().code, CloseCode::no_status_received);
}

TEST(Close, AllThatWasSentBeforeTheCloseFrameIsDelivered) {
    RunningServer running;
    std::promise<int> delivered;
    struct Count {
        int messages = 0;
    };
    running.server.websocket(
        "/", {.on_message = [](WebSocket& socket, Message) { ++socket.state<Count>().messages; },
              .on_close =
                  [&](WebSocket& socket, CloseCode, std::string_view) {
                      delivered.set_value(socket.state<Count>().messages);
                  }});
    running.start();
    RawClient client(running.port);
    client.upgrade("/");
    std::string burst;
    for (int index = 0; index < 5000; ++index) burst += client_frame(text, "one of a burst");
    client.send(burst + client_frame(close_opcode, close_payload(1000)));
    client.close();
    EXPECT_EQ(delivered.get_future().get(), 5000);
}

TEST(Close, TheServerWaitsForTheAnswerAndThenEndsTheConnection) {
    Watched watched;
    RawClient client(watched.running.port);
    client.upgrade("/");
    client.send(client_frame(text, "close"));
    EXPECT_EQ(client.read(12), server_frame(close_opcode, close_payload(4001, "asked to")));
    // Data that is still in flight is read, and not delivered.
    client.send(client_frame(text, "in flight"));
    client.send(client_frame(close_opcode, close_payload(4001)));
    EXPECT_EQ(client.read_all(), "");
    EXPECT_FALSE(client.was_reset());
    EXPECT_EQ(to_number(watched.how().code), 4001);
}

TEST(Close, APeerThatNeverAnswersIsGivenUp) {
    Watched watched({.limits = {.close_timeout = std::chrono::milliseconds(30)}});
    RawClient client(watched.running.port);
    client.upgrade("/");
    client.send(client_frame(text, "close"));
    EXPECT_EQ(client.read_all(), server_frame(close_opcode, close_payload(4001, "asked to")));
    EXPECT_EQ(watched.how().code, CloseCode::abnormal_closure);
}

TEST(Close, AConnectionThatIsLostIs1006) {
    Watched watched;
    {
        RawClient client(watched.running.port);
        client.upgrade("/");
    }
    EXPECT_EQ(watched.how().code, CloseCode::abnormal_closure);
}

TEST(Close, TerminateEndsAtOnce) {
    Watched watched;
    RawClient client(watched.running.port);
    client.upgrade("/");
    client.send(client_frame(text, "terminate") + client_frame(text, "nothing more"));
    EXPECT_EQ(client.read_all(), "");
    EXPECT_EQ(watched.how().code, CloseCode::abnormal_closure);
}

TEST(Close, TerminateTellsTheEndWithinTheCall) {
    RunningServer running;
    std::promise<bool> within;
    running.server.websocket("/",
                             {.on_message =
                                  [&](WebSocket& socket, Message) {
                                      socket.terminate();
                                      within.set_value(socket.state<bool>());
                                  },
                              .on_close = [](WebSocket& socket, CloseCode,
                                             std::string_view) { socket.state<bool>() = true; }});
    running.start();
    RawClient client(running.port);
    client.upgrade("/");
    client.send(client_frame(text, "end it"));
    EXPECT_TRUE(within.get_future().get());
}

struct BadInput {
    const char* name;
    std::string bytes;
    int code;
};

class BadFrame : public testing::TestWithParam<BadInput> {};

TEST_P(BadFrame, GetsTheCodeOfTheRfcAndOthersFeelNothing) {
    Watched watched;
    RawClient good(watched.running.port);
    good.upgrade("/");
    RawClient bad(watched.running.port);
    bad.upgrade("/");
    bad.send(GetParam().bytes + client_frame(text, "after"));
    const std::string answer = bad.read_all();
    ASSERT_GE(answer.size(), 4U);
    EXPECT_EQ(answer[0], '\x88');
    EXPECT_EQ(answer.substr(2, 2), close_payload(GetParam().code));
    EXPECT_EQ(answer.size(), 2U + static_cast<unsigned char>(answer[1])) << "nothing after it";
    EXPECT_FALSE(bad.was_reset());
    good.send(client_frame(text, "fine"));
    EXPECT_EQ(good.read(6), server_frame(text, "fine"));
}

std::vector<BadInput> bad_inputs() {
    return {
        {"unmasked", server_frame(text, "x"), 1002},
        {"rsv1", client_frame(text | 0x40, "x"), 1002},
        {"rsv2", client_frame(text | 0x20, "x"), 1002},
        {"rsv3", client_frame(text | 0x10, "x"), 1002},
        {"reserved_opcode", client_frame(3, "x"), 1002},
        {"reserved_control_opcode", client_frame(11, "x"), 1002},
        {"fragmented_ping", client_frame(ping_opcode, "x", false), 1002},
        {"long_ping", client_frame(ping_opcode, std::string(126, 'x')), 1002},
        {"continuation_of_nothing", client_frame(continuation, "x"), 1002},
        {"message_inside_a_message", client_frame(text, "x", false) + client_frame(text, "y"),
         1002},
        {"length_with_top_bit", std::string("\x82\xFF\x80\0\0\0\0\0\0\0", 10), 1002},
        {"length_not_minimal", std::string("\x82\xFE\0\x05", 4) + std::string(9, '\0'), 1002},
        {"huge_length", std::string("\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10) + "mask", 1009},
        {"bad_utf8", client_frame(text, "\xC3\x28"), 1007},
        {"surrogate", client_frame(text, "\xED\xA0\x80"), 1007},
        {"bad_utf8_in_a_fragment", client_frame(text, "ab\xFF", false), 1007},
        {"unfinished_utf8", client_frame(text, "\xE2\x82"), 1007},
        {"close_of_one_byte", client_frame(close_opcode, "x"), 1002},
        {"close_1005", client_frame(close_opcode, close_payload(1005)), 1002},
        {"close_999", client_frame(close_opcode, close_payload(999)), 1002},
        {"close_bad_utf8", client_frame(close_opcode, close_payload(1000, "\xFF")), 1007},
    };
}

INSTANTIATE_TEST_SUITE_P(Server, BadFrame, testing::ValuesIn(bad_inputs()),
                         [](const auto& tested) { return tested.param.name; });

TEST(Close, ASilentPeerIsPingedAndThenGivenUp) {
    Watched watched({.limits = {.ping_after = std::chrono::milliseconds(20),
                                .idle_timeout = std::chrono::milliseconds(1000)}});
    RawClient client(watched.running.port);
    client.upgrade("/");
    // Four bytes that tell its answer from any other pong.
    const std::string first = client.read(6);
    EXPECT_EQ(first, server_frame(ping_opcode, first.substr(2)));
    client.send(client_frame(pong_opcode, first.substr(2)));
    const std::string second = client.read(6);
    EXPECT_EQ(second, server_frame(ping_opcode, second.substr(2)));
    EXPECT_NE(second, first);
    EXPECT_EQ(client.read_all(), "");
    EXPECT_EQ(watched.how().code, CloseCode::abnormal_closure);
}

TEST(Close, ASilentPeerThatAnswersIsPingedAgainAndAgain) {
    Watched watched({.limits = {.ping_after = std::chrono::milliseconds(10),
                                .idle_timeout = std::chrono::minutes(10)}});
    RawClient client(watched.running.port);
    client.upgrade("/");
    for (int count = 0; count < 5; ++count) {
        const std::string ping = client.read(6);
        ASSERT_EQ(ping, server_frame(ping_opcode, ping.substr(2)));
        client.send(client_frame(pong_opcode, ping.substr(2)));
    }
}

TEST(BadFrame, IsLoggedWithItsReason) {
    Server server;
    server.websocket("/", echo_handlers());
    TestServer test(server);
    std::string logged;
    set_log_sink([&](LogLevel level, std::string_view line) {
        if (level == LogLevel::debug) logged = line;
    });
    TestConnection client = test.open();
    client.send(upgrade_of("/") + client_frame(text, "\xFF"));
    set_log_sink({});
    EXPECT_TRUE(logged.starts_with("closed a connection with 1007: ")) << logged;
}

}  // namespace
}  // namespace longwire
