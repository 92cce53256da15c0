// What a connection writes (RFC 6455, sections 5.1 to 5.6 and 6.1), frame by frame.
#include "frames.hpp"
#include "protocol/connection.hpp"
#include "sent_bytes.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::protocol {
namespace {

/// A frame as it stood on the wire, read here and not by the decoder.
struct Frame {
    unsigned first = 0;
    bool masked = false;
    unsigned length_field = 0;
    std::string key;
    std::string payload;
};

std::vector<Frame> frames_in(std::string_view wire) {
    std::vector<Frame> frames;
    const auto take = [&](std::size_t size) {
        EXPECT_LE(size, wire.size()) << "a frame is cut";
        std::string taken(wire.substr(0, size));
        wire.remove_prefix(std::min(size, wire.size()));
        return taken;
    };
    const auto number = [&](std::size_t size) {
        std::uint64_t value = 0;
        for (const char letter : take(size)) value = value << 8 | static_cast<std::uint8_t>(letter);
        return value;
    };
    while (!wire.empty()) {
        Frame frame;
        frame.first = static_cast<unsigned>(number(1));
        const std::uint64_t second = number(1);
        frame.masked = (second & 0x80) != 0;
        frame.length_field = static_cast<unsigned>(second & 0x7F);
        std::uint64_t length = frame.length_field;
        if (length == 126) length = number(2);
        if (frame.length_field == 127) length = number(8);
        if (frame.masked) frame.key = take(4);
        frame.payload = take(static_cast<std::size_t>(length));
        for (std::size_t index = 0; frame.masked && index < frame.payload.size(); ++index)
            frame.payload[index] = static_cast<char>(frame.payload[index] ^ frame.key[index % 4]);
        frames.push_back(std::move(frame));
    }
    return frames;
}

constexpr std::size_t sizes[] = {0, 1, 125, 126, 127, 4096, 65535, 65536, 300'000};

class SentFrames : public testing::TestWithParam<Role> {
protected:
    void send(MessageType type, std::string_view payload) {
        EXPECT_TRUE(connection.send(type, bytes_of(payload), wire));
    }

    ConnectionLimits limits;
    Connection connection{GetParam(), limits};
    SentBytes wire;
};

INSTANTIATE_TEST_SUITE_P(Role, SentFrames, testing::Values(Role::server, Role::client),
                         [](const auto& tested) {
                             return tested.param == Role::server ? "server" : "client";
                         });

TEST_P(SentFrames, AMessageIsOneFrameOfItsType) {
    for (const std::size_t size : sizes) {
        const std::string payload(size, 'p');
        wire.bytes.clear();
        send(MessageType::text, payload);
        send(MessageType::binary, payload);
        const auto frames = frames_in(wire.bytes);
        ASSERT_EQ(frames.size(), 2U) << size;
        // FIN is set, and none of the reserved bits.
        EXPECT_EQ(frames[0].first, 0x81U);
        EXPECT_EQ(frames[1].first, 0x82U);
        EXPECT_TRUE(frames[0].payload == payload && frames[1].payload == payload) << size;
    }
}

TEST_P(SentFrames, ALengthIsInItsShortestForm) {
    for (const std::size_t size : sizes) {
        wire.bytes.clear();
        send(MessageType::binary, std::string(size, 'p'));
        EXPECT_EQ(frames_in(wire.bytes).at(0).length_field, size < 126     ? size
                                                            : size < 65536 ? 126U
                                                                           : 127U);
    }
}

TEST_P(SentFrames, OnlyAClientMasks) {
    send(MessageType::text, "text");
    send(MessageType::binary, std::string(70'000, 'b'));
    connection.ping(bytes_of("p"), wire);
    connection.pong({}, wire);
    std::string ping = frame_for(GetParam(), Opcode::ping, "asked");
    connection.receive({reinterpret_cast<std::byte*>(ping.data()), ping.size()}, wire);
    connection.close(CloseCode::normal, "bye", wire);
    const auto frames = frames_in(wire.bytes);
    ASSERT_EQ(frames.size(), 6U);
    for (const Frame& frame : frames) EXPECT_EQ(frame.masked, GetParam() == Role::client);
    EXPECT_EQ(frames[4].first, 0x8AU);
    EXPECT_EQ(frames[4].payload, "asked");
    EXPECT_EQ(frames[5].payload, close_payload(1000, "bye"));
}

TEST_P(SentFrames, AControlFrameIsWholeAndShort) {
    connection.ping(bytes_of(std::string(125, 'p')), wire);
    connection.pong(bytes_of(std::string(125, 'p')), wire);
    connection.close(CloseCode{4000}, std::string(5000, 'r'), wire);
    const auto frames = frames_in(wire.bytes);
    ASSERT_EQ(frames.size(), 3U);
    EXPECT_EQ(frames[0].first, 0x89U);
    EXPECT_EQ(frames[1].first, 0x8AU);
    EXPECT_EQ(frames[2].first, 0x88U);
    for (const Frame& frame : frames) EXPECT_LE(frame.length_field, 125U);
    EXPECT_EQ(frames[2].payload.substr(0, 2), close_payload(4000));
}

TEST_P(SentFrames, NoCodeThatIsReservedIsSent) {
    for (int number = 0; number < 65536; ++number) {
        Connection closing(GetParam(), limits);
        SentBytes sent;
        closing.close(static_cast<CloseCode>(number), {}, sent);
        const std::string payload = frames_in(sent.bytes).at(0).payload;
        if (number == 1005) {
            EXPECT_EQ(payload, "");
            continue;
        }
        const bool may_be = (number >= 1000 && number <= 1003) ||
                            (number >= 1007 && number <= 1014) || (number >= 3000 && number < 5000);
        ASSERT_EQ(payload, close_payload(static_cast<std::uint16_t>(may_be ? number : 1000)))
            << number;
    }
}

TEST_P(SentFrames, NothingFollowsACloseFrame) {
    connection.close(CloseCode::normal, {}, wire);
    const std::string closed = wire.bytes;
    EXPECT_FALSE(connection.send(MessageType::text, bytes_of("late"), wire));
    EXPECT_FALSE(connection.send(MessageType::binary, {}, wire));
    connection.close(CloseCode::going_away, {}, wire);
    EXPECT_EQ(wire.bytes, closed);
}

TEST(MaskingKeys, OfAClientsFramesAreFreshAndFollowNoPattern) {
    const ConnectionLimits limits;
    Connection connection(Role::client, limits);
    SentBytes wire;
    constexpr std::size_t count = 4000;
    for (std::size_t index = 0; index < count; ++index)
        connection.send(MessageType::text, bytes_of("same"), wire);
    std::set<std::string> keys;
    std::map<std::string, int> steps;
    std::string before(4, '\0');
    for (const Frame& frame : frames_in(wire.bytes)) {
        keys.insert(frame.key);
        std::string step;
        for (std::size_t index = 0; index < 4; ++index)
            step += static_cast<char>(frame.key[index] - before[index]);
        ++steps[step];
        before = frame.key;
    }
    // By chance two of 4,000 are the same once in 500 runs; four pairs never.
    EXPECT_GE(keys.size(), count - 3);
    // Nor is a key one step on from the last, as with a counter.
    for (const auto& [step, times] : steps) EXPECT_LE(times, 3) << testing::PrintToString(step);
}

}  // namespace
}  // namespace longwire::protocol
