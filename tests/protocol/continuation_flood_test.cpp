// A message of very many fragments (RFC 6455, section 10.4) keeps no more than what it carries, and
// a peer that never ends it keeps no more than the limit.
#include "frames.hpp"
#include "protocol/connection.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace longwire::protocol {
namespace {

struct Counting {
    void write(std::span<const std::byte> head, std::span<const std::byte> payload) {
        written += head.size() + payload.size();
    }
    Flow on_message(MessageType, std::span<std::byte> payload) {
        ++messages;
        size = payload.size();
        return Flow::proceed;
    }
    void on_ping(std::span<const std::byte>) { ++pings; }
    void on_pong(std::span<const std::byte>) {}
    void on_closed(CloseCode code, std::string_view, bool) { closed = to_number(code); }
    void shutdown_write() {}

    std::size_t written = 0;
    std::size_t size = 0;
    int messages = 0;
    int pings = 0;
    int closed = 0;
};

class ContinuationFlood : public testing::TestWithParam<Role> {
protected:
    [[nodiscard]] static std::string frame(Opcode opcode, std::string_view payload, bool fin) {
        return frame_for(GetParam(), opcode, payload, fin);
    }

    /// Sends `frame` `count` times, many in one read, and gives the most that was kept between.
    std::size_t flood(const std::string& frame, std::size_t count) {
        constexpr std::size_t at_once = 1000;
        std::string frames;
        for (std::size_t index = 0; index < at_once; ++index) frames += frame;
        std::size_t most = 0;
        for (std::size_t sent = 0; sent < count && counting.closed == 0; sent += at_once) {
            receive(frames);
            most = std::max(most, connection.held());
        }
        return most;
    }

    void receive(std::string bytes) {
        connection.receive({reinterpret_cast<std::byte*>(bytes.data()), bytes.size()}, counting);
    }

    static constexpr std::size_t million = 1'000'000;
    static constexpr std::size_t state = 1024;  // beside the payload

    ConnectionLimits limits = {.max_message_size = million};
    Connection connection{GetParam(), limits};
    Counting counting;
};

INSTANTIATE_TEST_SUITE_P(Role, ContinuationFlood, testing::Values(Role::server, Role::client),
                         [](const auto& tested) {
                             return tested.param == Role::server ? "server" : "client";
                         });

TEST_P(ContinuationFlood, EmptyFragmentsKeepNothing) {
    receive(frame(Opcode::binary, "", false));
    EXPECT_LE(flood(frame(Opcode::continuation, "", false), million), state);
    EXPECT_EQ(counting.closed, 0);
    receive(frame(Opcode::continuation, "end", true));
    EXPECT_EQ(counting.messages, 1);
    EXPECT_EQ(counting.size, 3U);
    EXPECT_EQ(connection.held(), 0U);
}

TEST_P(ContinuationFlood, FragmentsOfOneByteKeepWhatTheyCarry) {
    receive(frame(Opcode::text, "", false));
    EXPECT_LE(flood(frame(Opcode::continuation, "x", false), million), 2 * million + state);
    EXPECT_EQ(counting.closed, 0) << "the limit is allowed";
    receive(frame(Opcode::continuation, "", true));
    EXPECT_EQ(counting.messages, 1);
    EXPECT_EQ(counting.size, million);
    EXPECT_EQ(connection.held(), 0U);
}

TEST_P(ContinuationFlood, OneThatNeverEndsEndsAtTheLimit) {
    receive(frame(Opcode::binary, "", false));
    EXPECT_LE(flood(frame(Opcode::continuation, "x", false), 100 * million), 2 * million + state);
    EXPECT_EQ(counting.closed, 1009);
    EXPECT_EQ(counting.messages, 0);
    EXPECT_EQ(connection.held(), 0U);
}

TEST_P(ContinuationFlood, PingsBetweenFragmentsAreAnsweredAndKeepNothing) {
    receive(frame(Opcode::text, "", false));
    const std::string pair =
        frame(Opcode::continuation, "", false) + frame(Opcode::ping, "p", true);
    EXPECT_LE(flood(pair, 100'000), state);
    EXPECT_EQ(counting.pings, 100'000);
    EXPECT_GE(counting.written, 300'000U);
}

TEST_P(ContinuationFlood, AClaimOfTheLargestLengthKeepsNothing) {
    for (const std::string_view length : {"\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "\x10\0\0\0\0\0\0\0"})
        for (const char first : {'\x82', '\x02'}) {
            Connection claimed(GetParam(), limits);
            Counting heard;
            std::string bytes{first, GetParam() == Role::server ? '\xFF' : '\x7F'};
            bytes += std::string(length.data(), 8) + "mask" + "and a few bytes";
            claimed.receive({reinterpret_cast<std::byte*>(bytes.data()), bytes.size()}, heard);
            EXPECT_EQ(heard.closed, 1009);
            EXPECT_EQ(claimed.held(), 0U);
        }
}

}  // namespace
}  // namespace longwire::protocol
