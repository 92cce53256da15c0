// The closing handshake as a client makes it, over real sockets (RFC 6455, sections 5.5.1 and 7).
#include "raw_client.hpp"
#include "raw_server.hpp"

#include <gtest/gtest.h>
#include <longwire/longwire.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace longwire {
namespace {

/// How a connection ended, as the client's program is told.
struct Ended {
    int code = 0;
    std::string reason;
    bool clean = false;
    std::string heard;
};

/// Receives to the end; closes first if it is told to by a message "close".
Task<> listen_to(std::string url, std::chrono::milliseconds close_timeout, Ended& ended) {
    auto socket = co_await connect(url, {.limits = {.close_timeout = close_timeout}});
    EXPECT_TRUE(socket);
    if (!socket) co_return;
    while (const auto message = co_await socket->receive()) {
        ended.heard += std::string(message->text()) + ";";
        if (message->text() == "close") socket->close(CloseCode{4001}, "asked to");
    }
    const CloseStatus status = socket->close_status();
    ended.code = to_number(status.code);
    ended.reason = status.reason;
    ended.clean = status.clean;
}

/// A client of ours, connected to a test.
struct Connected {
    explicit Connected(std::chrono::milliseconds close_timeout = std::chrono::seconds(20))
        : client([this, close_timeout] { return listen_to(server.url(), close_timeout, ended); }),
          connection(server.accept()) {
        connection.send(switching_to(connection.read_until("\r\n\r\n")));
    }

    Ended& how() {
        client.wait();
        return ended;
    }

    Ended ended;
    RawServer server;
    RunningClient client;
    RawConnection connection;
};

TEST(ClientClosing, AnswersWithTheCodeAndLetsTheServerEndTheConnectionFirst) {
    Connected to;
    to.connection.send(server_frame(close_opcode, close_payload(4321, "bye")));
    const ClientFrame answer = read_frame(to.connection);
    EXPECT_EQ(answer.first, 0x88U);
    EXPECT_TRUE(answer.masked);
    EXPECT_EQ(answer.payload, close_payload(4321));
    // The end of the connection would show as something to read.
    EXPECT_TRUE(to.connection.silent_for(std::chrono::milliseconds(100)));
    to.connection.shut();
    EXPECT_EQ(to.connection.read_all(), "");
    EXPECT_EQ(to.how().code, 4321);
    EXPECT_EQ(to.how().reason, "bye");
    EXPECT_TRUE(to.how().clean);
}

TEST(ClientClosing, WaitsForTheAnswerAndForTheEnd) {
    Connected to;
    to.connection.send(server_frame(text, "close"));
    EXPECT_EQ(read_frame(to.connection).payload, close_payload(4001, "asked to"));
    // What was on its way still comes, and is heard.
    to.connection.send(server_frame(text, "late"));
    EXPECT_TRUE(to.connection.silent_for(std::chrono::milliseconds(50)));
    to.connection.send(server_frame(close_opcode, close_payload(4001)));
    EXPECT_TRUE(to.connection.silent_for(std::chrono::milliseconds(100)));
    to.connection.shut();
    EXPECT_EQ(to.connection.read_all(), "");
    EXPECT_EQ(to.how().heard, "close;late;");
    EXPECT_EQ(to.how().code, 4001);
    EXPECT_TRUE(to.how().clean);
}

TEST(ClientClosing, EndsTheConnectionItselfWhenTheServerDoesNot) {
    Connected to(std::chrono::milliseconds(50));
    to.connection.send(server_frame(close_opcode, ""));
    EXPECT_EQ(read_frame(to.connection).payload, "");
    EXPECT_EQ(to.connection.read_all(), "") << "we never shut our side";
    EXPECT_EQ(to.how().code, 1005);
}

TEST(ClientClosing, AServerThatNeverAnswersIsGivenUp) {
    Connected to(std::chrono::milliseconds(50));
    to.connection.send(server_frame(text, "close"));
    EXPECT_EQ(read_frame(to.connection).payload, close_payload(4001, "asked to"));
    EXPECT_EQ(to.connection.read_all(), "");
    EXPECT_EQ(to.how().code, 1006);
    EXPECT_FALSE(to.how().clean);
}

TEST(ClientClosing, ALostConnectionIs1006) {
    for (const bool reset : {false, true}) {
        Connected to;
        to.connection.send(server_frame(text, "last"));
        if (reset) {
            // Not before the message was read: a reset may destroy it.
            to.connection.send(server_frame(ping_opcode, "read?"));
            EXPECT_EQ(read_frame(to.connection).payload, "read?");
            to.connection.vanish();
        } else {
            to.connection.shut();
        }
        EXPECT_EQ(to.how().heard, "last;");
        EXPECT_EQ(to.how().code, 1006) << reset;
        EXPECT_FALSE(to.how().clean);
    }
}

TEST(ClientClosing, WhatBreaksARuleGetsItsCodeAndNothingIsReadAfterIt) {
    struct Broken {
        std::string bytes;
        int code;
    };
    const std::vector<Broken> table = {
        {client_frame(text, "masked"), 1002},
        {server_frame(text | 0x40, "rsv1"), 1002},
        {server_frame(text | 0x20, "rsv2"), 1002},
        {server_frame(text | 0x10, "rsv3"), 1002},
        {server_frame(3, "reserved"), 1002},
        {server_frame(15, "reserved"), 1002},
        {server_frame(continuation, "of nothing"), 1002},
        {std::string("\x09\x01p", 3), 1002},
        {std::string("\x89\x7E\x00\x7E", 4) + std::string(126, 'p'), 1002},
        {std::string("\x82\x7E\x00\x05", 4) + "12345", 1002},
        {std::string("\x82\x7F\x80\0\0\0\0\0\0\0", 10), 1002},
        {std::string("\x82\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10), 1009},
        {server_frame(text, "\xC3\x28"), 1007},
        {server_frame(text, "\xED\xA0\x80"), 1007},
        {server_frame(close_opcode, "x"), 1002},
        {server_frame(close_opcode, close_payload(1005)), 1002},
        {server_frame(close_opcode, close_payload(1000, "\xFF")), 1007},
    };
    for (const auto& [bytes, code] : table) {
        Connected to;
        to.connection.send(server_frame(text, "good") + bytes + server_frame(text, "after"));
        const ClientFrame answer = read_frame(to.connection);
        EXPECT_EQ(answer.first, 0x88U) << testing::PrintToString(bytes);
        EXPECT_EQ(answer.payload.substr(0, 2), close_payload(code))
            << testing::PrintToString(bytes);
        // After a failure it does not wait for the server.
        EXPECT_EQ(to.connection.read_all(), "");
        to.connection.shut();
        EXPECT_EQ(to.how().heard, "good;") << testing::PrintToString(bytes);
        EXPECT_EQ(to.how().code, code);
        EXPECT_FALSE(to.how().clean);
    }
}

TEST(ClientClosing, PingsAreAnsweredWithWhatTheyCarry) {
    Connected to;
    to.connection.send(server_frame(ping_opcode, "one") + server_frame(ping_opcode, "") +
                       std::string("\x01\x01", 2) + "a" + server_frame(ping_opcode, "between") +
                       server_frame(continuation, "b"));
    for (const char* const payload : {"one", "", "between"}) {
        const ClientFrame pong = read_frame(to.connection);
        EXPECT_EQ(pong.first, 0x8AU);
        EXPECT_EQ(pong.payload, payload);
    }
    to.connection.send(server_frame(pong_opcode, "nobody asked"));
    to.connection.send(server_frame(close_opcode, close_payload(1000)));
    EXPECT_EQ(read_frame(to.connection).payload, close_payload(1000));
    to.connection.shut();
    EXPECT_EQ(to.how().heard, "ab;");
}

}  // namespace
}  // namespace longwire
