// Compressed messages as a connection writes them (RFC 7692, sections 6.1 and 7.2.1), judged by
// zlib alone.
#include "frames.hpp"
#include "protocol/compression.hpp"
#include "protocol/connection.hpp"
#include "sent_bytes.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <random>
#include <string>
#include <string_view>

namespace longwire::protocol {
namespace {

/// Inflates messages with a window of so many bits, and no more.
class Inflater {
public:
    explicit Inflater(int window_bits) { EXPECT_EQ(inflateInit2(&state_, -window_bits), Z_OK); }
    ~Inflater() { inflateEnd(&state_); }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;

    /// The message; "failed" where `data` reaches back beyond the window, or is no DEFLATE.
    std::string inflated(std::string data) {
        data += std::string("\x00\x00\xFF\xFF", 4);
        state_.next_in = reinterpret_cast<Bytef*>(data.data());
        state_.avail_in = static_cast<uInt>(data.size());
        std::string message;
        // zlib lets data reach back anywhere in one buffer; so each is smaller than any window.
        std::array<char, 64> buffer = {};
        do {
            state_.next_out = reinterpret_cast<Bytef*>(buffer.data());
            state_.avail_out = static_cast<uInt>(buffer.size());
            const int status = inflate(&state_, Z_SYNC_FLUSH);
            if (status != Z_OK && status != Z_BUF_ERROR) return "failed";
            message.append(buffer.data(), buffer.size() - state_.avail_out);
        } while (state_.avail_out == 0);
        return message;
    }

private:
    z_stream state_ = {};
};

/// Text of which each part stands again `distance` bytes further on.
std::string repeating(std::size_t distance) {
    std::mt19937 random(1);
    std::string text;
    for (std::size_t count = 0; count < distance; ++count)
        text += static_cast<char>('a' + random() % 16);
    return text + text + text;
}

std::string compressed_by(Compressor& compressor, std::string_view message) {
    const auto data = compressor.compress(bytes_of(message));
    EXPECT_TRUE(data) << "it would not become smaller";
    return data ? text_of(*data) : std::string();
}

TEST(SentCompressed, ReachesBackNoFurtherThanTheWindow) {
    for (int window = 8; window <= 15; ++window)
        for (const bool keep : {false, true}) {
            Compressor compressor(window, keep);
            Inflater peer(window);
            for (const std::size_t distance : {300U, 1000U, 5000U, 20'000U, 40'000U}) {
                const std::string message = repeating(distance);
                EXPECT_TRUE(peer.inflated(compressed_by(compressor, message)) == message)
                    << window << ' ' << distance;
            }
        }
    // The judge does see it: what was compressed with a larger window fails in a smaller one.
    Compressor large(15, true);
    EXPECT_TRUE(Inflater(9).inflated(compressed_by(large, repeating(5000))) == "failed");
}

TEST(SentCompressed, WithoutContextEachMessageStandsAlone) {
    Compressor compressor(15, false);
    const std::string message = repeating(1000);
    for (int round = 0; round < 5; ++round)
        EXPECT_TRUE(Inflater(15).inflated(compressed_by(compressor, message)) == message);
    // With one, the second is shorter for what the first has said.
    Compressor keeping(15, true);
    const std::string first = compressed_by(keeping, message);
    EXPECT_LT(compressed_by(keeping, message).size(), first.size() / 2);
}

TEST(SentCompressed, LeavesTheTailOut) {
    Compressor compressor(15, true);
    for (const std::size_t distance : {100U, 1000U, 70'000U}) {
        const std::string data = compressed_by(compressor, repeating(distance));
        EXPECT_FALSE(data.ends_with(std::string("\x00\x00\xFF\xFF", 4)));
    }
}

unsigned first_byte(const SentBytes& wire) {
    return static_cast<std::uint8_t>(wire.bytes.at(0));
}

class MarkedCompressed : public testing::TestWithParam<Role> {
protected:
    [[nodiscard]] unsigned first_byte_of(MessageType type, std::string_view payload) {
        wire.bytes.clear();
        EXPECT_TRUE(connection.send(type, bytes_of(payload), wire));
        return first_byte(wire);
    }

    ConnectionLimits limits;
    Compression compression{15, true, true, 0};
    Connection connection{GetParam(), limits};
    SentBytes wire;
};

INSTANTIATE_TEST_SUITE_P(Role, MarkedCompressed, testing::Values(Role::server, Role::client),
                         [](const auto& tested) {
                             return tested.param == Role::server ? "server" : "client";
                         });

TEST_P(MarkedCompressed, OnlyWhatIsCompressedHasTheBit) {
    connection.use(compression);
    EXPECT_EQ(first_byte_of(MessageType::text, std::string(500, 'x')), 0xC1U);
    EXPECT_EQ(first_byte_of(MessageType::binary, std::string(500, 'x')), 0xC2U);
    EXPECT_EQ(first_byte_of(MessageType::text, "x"), 0x81U) << "it would become longer";
    EXPECT_EQ(first_byte_of(MessageType::binary, ""), 0x82U);
}

TEST_P(MarkedCompressed, WithoutAnAgreementNothingHas) {
    EXPECT_EQ(first_byte_of(MessageType::text, std::string(500, 'x')), 0x81U);
}

TEST_P(MarkedCompressed, AControlFrameNeverHas) {
    connection.use(compression);
    connection.ping(bytes_of(std::string(125, 'x')), wire);
    EXPECT_EQ(first_byte(wire), 0x89U);
    wire.bytes.clear();
    connection.pong(bytes_of(std::string(125, 'x')), wire);
    EXPECT_EQ(first_byte(wire), 0x8AU);
    wire.bytes.clear();
    connection.close(CloseCode::normal, std::string(120, 'x'), wire);
    EXPECT_EQ(first_byte(wire), 0x88U);
}

TEST_P(MarkedCompressed, AMessageThatIsNotCompressedIsTakenToo) {
    struct Taking : SentBytes {
        Flow on_message(MessageType, std::span<std::byte> payload) {
            text += text_of(payload);
            return Flow::proceed;
        }
        std::string text;
    };
    connection.use(compression);
    Taking taking;
    std::string plain = frame_for(GetParam(), Opcode::text, "as it is");
    connection.receive({reinterpret_cast<std::byte*>(plain.data()), plain.size()}, taking);
    EXPECT_EQ(taking.text, "as it is");
}

}  // namespace
}  // namespace longwire::protocol
