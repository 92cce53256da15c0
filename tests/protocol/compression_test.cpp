// Compressed messages (RFC 7692, section 7.2).
#include "protocol/compression.hpp"

#include "frames.hpp"
#include "protocol/connection.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace longwire::protocol {
namespace {

constexpr std::size_t no_limit = std::size_t{1} << 30;

std::string inflated(Decompressor& decompressor, std::string_view data,
                     std::size_t limit = no_limit) {
    const auto message = decompressor.decompress(bytes_of(data), limit);
    return message ? text_of(*message)
                   : "failed " + std::to_string(to_number(message.error()->code));
}

TEST(Decompressor, ReadsTheExamplesOfTheRfc) {
    Decompressor decompressor(true);
    // Section 7.2.3.1, then 7.2.3.2: the second refers to the first.
    EXPECT_EQ(inflated(decompressor, std::string("\xf2\x48\xcd\xc9\xc9\x07\x00", 7)), "Hello");
    EXPECT_EQ(inflated(decompressor, std::string("\xf2\x00\x11\x00\x00", 5)), "Hello");
    Decompressor another(false);
    // Section 7.2.3.3: a block without compression; 7.2.3.4: BFINAL; 7.2.3.5: two blocks.
    EXPECT_EQ(inflated(another, std::string("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11)),
              "Hello");
    EXPECT_EQ(inflated(another, std::string("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8)), "Hello");
    EXPECT_EQ(
        inflated(another, std::string("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13)),
        "Hello");
    EXPECT_EQ(inflated(another, std::string("\x00", 1)), "");
    EXPECT_EQ(inflated(another, "\xFF\xFF\xFF"), "failed 1007");
    EXPECT_EQ(inflated(another, std::string("\xf2\x48\xcd\xc9\xc9\x07\x00", 7)), "Hello");
}

TEST(Compressor, EveryWindowAndContextIsReadAgain) {
    std::mt19937 random(9);
    for (int window = 8; window <= 15; ++window)
        for (const bool keep : {false, true}) {
            Compressor compressor(window, keep);
            Decompressor decompressor(keep);
            for (int round = 0; round < 60; ++round) {
                std::string message;
                const std::size_t words = random() % 3000;
                for (std::size_t count = 0; count < words; ++count)
                    message += "word" + std::to_string(random() % 50) + " ";
                // Noise does not become smaller, and must not disturb the context.
                if (round % 5 == 4)
                    for (char& letter : message) letter = static_cast<char>(random());
                const auto data = compressor.compress(bytes_of(message));
                if (!data) continue;
                EXPECT_LT(data->size(), message.size());
                ASSERT_EQ(inflated(decompressor, text_of(*data)), message)
                    << window << keep << round;
            }
        }
}

TEST(Compressor, DeclinesWhatWouldNotBecomeSmaller) {
    Compressor compressor(15, true);
    EXPECT_FALSE(compressor.compress({}));
    EXPECT_FALSE(compressor.compress(bytes_of("x")));
    std::mt19937 random(3);
    std::string noise(1000, '\0');
    for (char& letter : noise) letter = static_cast<char>(random());
    EXPECT_FALSE(compressor.compress(bytes_of(noise)));
}

TEST(Decompressor, TheLimitIsExact) {
    Compressor compressor(15, false);
    Decompressor decompressor(false);
    const std::string data = text_of(*compressor.compress(bytes_of(std::string(5000, 'x'))));
    EXPECT_EQ(inflated(decompressor, data, 5000), std::string(5000, 'x'));
    EXPECT_EQ(inflated(decompressor, data, 4999), "failed 1009");
    EXPECT_EQ(inflated(decompressor, data, 0), "failed 1009");
    EXPECT_EQ(inflated(decompressor, std::string("\x00", 1), 0), "");
}

TEST(Decompressor, ABombIsGivenUpAtTheLimit) {
    // 64 MiB of zeros, in less than 70 KiB.
    Compressor compressor(15, false);
    const std::string bomb =
        text_of(*compressor.compress(bytes_of(std::string(std::size_t{64} << 20, '\0'))));
    Decompressor decompressor(false);
    const auto message = decompressor.decompress(bytes_of(bomb), std::size_t{1} << 20);
    ASSERT_FALSE(message);
    EXPECT_EQ(message.error()->code, CloseCode::message_too_big);
    // And it goes on working.
    EXPECT_EQ(inflated(decompressor, std::string("\xf2\x48\xcd\xc9\xc9\x07\x00", 7)), "Hello");
}

/// Takes what a connection gives.
struct Taker {
    void write(std::span<const std::byte> head, std::span<const std::byte> payload) {
        output += text_of(head) + text_of(payload);
    }
    Flow on_message(MessageType, std::span<std::byte> payload) {
        log += text_of(payload) + "\n";
        return Flow::proceed;
    }
    void on_ping(std::span<const std::byte>) {}
    void on_pong(std::span<const std::byte>) {}
    void on_closed(CloseCode code, std::string_view, bool) {
        log += "closed " + std::to_string(to_number(code)) + "\n";
    }
    void shutdown_write() {}

    std::string output;
    std::string log;
};

std::string received(Role role, std::string frames, std::size_t piece = no_limit) {
    const ConnectionLimits limits = {.max_message_size = 10'000};
    Compression compression(15, false, false, 0);
    Connection connection(role, limits);
    connection.use(compression);
    Taker taker;
    std::span<std::byte> rest(reinterpret_cast<std::byte*>(frames.data()), frames.size());
    while (!rest.empty()) {
        const auto part = rest.first(std::min(piece, rest.size()));
        connection.receive(part, taker);
        rest = rest.subspan(part.size());
    }
    return taker.log;
}

std::string compressed_frame(Opcode opcode, std::string_view data, bool fin = true) {
    std::string frame = frame_for(Role::server, opcode, data, fin);
    frame[0] = static_cast<char>(frame[0] | 0x40);
    return frame;
}

TEST(CompressedMessage, MayBeFragmentedAndCutAnywhere) {
    const std::string hello("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
    const std::string frames = compressed_frame(Opcode::text, hello.substr(0, 3), false) +
                               frame_for(Role::server, Opcode::ping, "p") +
                               frame_for(Role::server, Opcode::continuation, hello.substr(3)) +
                               frame_for(Role::server, Opcode::text, "as it is") +
                               compressed_frame(Opcode::text, hello);
    for (std::size_t piece = 1; piece <= frames.size(); ++piece)
        EXPECT_EQ(received(Role::server, frames, piece), "Hello\nas it is\nHello\n") << piece;
}

TEST(CompressedMessage, WhatTheRfcForbidsFails) {
    EXPECT_EQ(received(Role::server, compressed_frame(Opcode::ping, "")), "closed 1002\n");
    EXPECT_EQ(received(Role::server, compressed_frame(Opcode::close, "")), "closed 1002\n");
    EXPECT_EQ(received(Role::server, frame_for(Role::server, Opcode::text, "a", false) +
                                         compressed_frame(Opcode::continuation, "b")),
              "closed 1002\n");
    EXPECT_EQ(received(Role::server, compressed_frame(Opcode::text, "\xFF\xFF")), "closed 1007\n");
    Compressor compressor(15, false);
    const std::string not_utf8 = text_of(*compressor.compress(bytes_of(std::string(50, '\xFF'))));
    EXPECT_EQ(received(Role::server, compressed_frame(Opcode::text, not_utf8)), "closed 1007\n");
    EXPECT_EQ(received(Role::server, compressed_frame(Opcode::binary, not_utf8)),
              std::string(50, '\xFF') + "\n");
    const std::string large = text_of(*compressor.compress(bytes_of(std::string(10'001, 'x'))));
    EXPECT_EQ(received(Role::server, compressed_frame(Opcode::text, large)), "closed 1009\n");
}

TEST(CompressedMessage, IsSentFromTheThresholdUp) {
    const ConnectionLimits limits;
    Compression compression(15, false, false, 100);
    Connection connection(Role::server, limits);
    connection.use(compression);
    Taker taker;
    connection.send(MessageType::text, bytes_of(std::string(99, 'x')), taker);
    EXPECT_EQ(taker.output.size(), 2 + 99U);
    taker.output.clear();
    connection.send(MessageType::text, bytes_of(std::string(100, 'x')), taker);
    EXPECT_LT(taker.output.size(), 20U);
    EXPECT_EQ(taker.output[0], '\xC1');
}

}  // namespace
}  // namespace longwire::protocol
