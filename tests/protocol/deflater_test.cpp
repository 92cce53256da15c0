// What our own compressor makes of any text, by zlib's judgement.
#include "protocol/deflater.hpp"

#include "frames.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace longwire::protocol {
namespace {

/// zlib, with the window of the peer.
class Peer {
public:
    explicit Peer(int window_bits) { EXPECT_EQ(inflateInit2(&state_, -window_bits), Z_OK); }
    ~Peer() { inflateEnd(&state_); }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    std::string inflated(std::string data, std::size_t size) {
        data += std::string("\x00\x00\xFF\xFF", 4);
        std::string message(size + 1, '\0');
        state_.next_in = reinterpret_cast<Bytef*>(data.data());
        state_.avail_in = static_cast<uInt>(data.size());
        state_.next_out = reinterpret_cast<Bytef*>(message.data());
        state_.avail_out = static_cast<uInt>(message.size());
        const int status = inflate(&state_, Z_SYNC_FLUSH);
        if (status != Z_OK || state_.avail_in != 0) return "failed";
        message.resize(message.size() - state_.avail_out);
        return message;
    }

private:
    z_stream state_ = {};
};

/// The compressed message; empty where it would not be smaller.
std::string deflated(Deflater& deflater, std::string_view message) {
    std::vector<std::byte> output(message.size() + Deflater::slack);
    const auto size = deflater.deflate(bytes_of(message), output);
    return size ? text_of(std::span(output).first(*size)) : std::string();
}

/// Letters of which each is rarer than the one before by `ratio`.
std::string skewed(std::size_t size, double ratio, unsigned seed) {
    std::mt19937 random(seed);
    std::geometric_distribution<int> letter(1 - ratio);
    std::string text;
    while (text.size() < size) text += static_cast<char>(letter(random) & 0xFF);
    return text;
}

TEST(Deflater, TextOfManyBlocksComesOutAgain) {
    for (const bool keep : {false, true}) {
        Deflater deflater(15, keep);
        Peer peer(15);
        for (unsigned round = 0; round < 4; ++round) {
            // Hardly anything repeats, so that the tokens are as many as the bytes.
            const std::string text = skewed(100'000 + round, 0.9, round);
            const std::string data = deflated(deflater, text);
            ASSERT_FALSE(data.empty());
            ASSERT_TRUE(peer.inflated(data, text.size()) == text) << keep << round;
        }
    }
}

TEST(Deflater, EveryLengthAndSizeComesOutAgain) {
    Deflater deflater(15, false);
    Peer peer(15);
    for (std::size_t size = 1; size < 700; ++size) {
        for (const std::string& text :
             {std::string(size, 'x'), skewed(size, 0.5, 1), skewed(size, 0.3, 2)}) {
            const std::string data = deflated(deflater, text);
            if (data.empty()) continue;
            ASSERT_LT(data.size(), size);
            ASSERT_TRUE(peer.inflated(data, size) == text) << size;
        }
    }
}

TEST(Deflater, WhatStoodFartherBackThanItReachesIsNotReferredTo) {
    for (const bool keep : {false, true}) {
        for (const int window_bits : {9, 15}) {
            Deflater deflater(window_bits, keep);
            Peer peer(window_bits);
            // The same words again and again, at distances of up to twice what 16 bits hold.
            std::mt19937 random(7);
            std::vector<std::string> words;
            for (unsigned word = 0; word < 500; ++word) words.push_back(skewed(40, 0.95, word));
            for (unsigned round = 0; round < 3; ++round) {
                std::string text;
                while (text.size() < 150'000) {
                    text += words[random() % words.size()];
                    if (random() % 500 == 0)
                        text += skewed(20'000, 0.98, static_cast<unsigned>(random()));
                }
                const std::string data = deflated(deflater, text);
                ASSERT_FALSE(data.empty());
                ASSERT_TRUE(peer.inflated(data, text.size()) == text) << keep << window_bits;
            }
        }
    }
}

TEST(Deflater, ThreeBytesAreAMatchInAShortMessage) {
    // Four letters take 20 bits so with the fixed codes, and 32 as they are.
    Deflater deflater(15, false);
    Peer peer(15);
    std::string text;
    for (char letter = 'A'; letter <= 'Z'; ++letter) text += std::string("xyz") + letter;
    const std::string data = deflated(deflater, text);
    EXPECT_LT(data.size(), text.size() * 3 / 4);
    EXPECT_EQ(peer.inflated(data, text.size()), text);
}

TEST(Deflater, GoesOnWhenPlacesRunOut) {
    for (const bool keep : {false, true}) {
        Deflater deflater(15, keep, std::numeric_limits<std::uint32_t>::max() - 20'000);
        auto peer = std::make_unique<Peer>(15);
        for (unsigned round = 0; round < 20; ++round) {
            // What stands in memory before the message is the same: a place taken for a later one
            // would be found there.
            const std::string text = skewed(3000, 0.8, 1);
            const std::string twice = text + text;
            if (!keep) peer = std::make_unique<Peer>(15);
            const std::string data =
                deflated(deflater, std::string_view(twice).substr(text.size()));
            ASSERT_FALSE(data.empty());
            ASSERT_TRUE(peer->inflated(data, text.size()) == text) << keep << round;
        }
    }
}

TEST(Deflater, ForgetsWhatThePeerDoesNotSee) {
    Deflater deflater(15, true);
    Peer peer(15);
    std::mt19937 random(8);
    std::string noise(500, '\0');
    for (char& byte : noise) byte = static_cast<char>(random());
    ASSERT_TRUE(deflated(deflater, noise).empty());
    const std::string text = noise + noise;
    EXPECT_TRUE(peer.inflated(deflated(deflater, text), text.size()) == text);
}

}  // namespace
}  // namespace longwire::protocol
