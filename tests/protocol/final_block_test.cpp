// DEFLATE blocks that say they are the last (RFC 7692, section 7.2.3.5): what follows them still
// refers to what came before, and they cost no more than their bytes. (Found by fuzzing: a copy of
// the window was made for each, and each may be two bytes long.)
#include "frames.hpp"
#include "protocol/compression.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <limits>
#include <string>

namespace longwire::protocol {
namespace {

constexpr std::size_t limit = std::size_t{1} << 20U;

std::string inflated(Decompressor& decompressor, std::string_view data) {
    const auto message = decompressor.decompress(bytes_of(data), limit);
    return message ? text_of(*message) : std::string(message.error()->reason);
}

/// Empty blocks of fixed codes, each the last one.
std::string final_blocks(std::size_t count) {
    std::string blocks;
    for (; count > 0; --count) blocks.append("\x03\x00", 2);
    return blocks;
}

/// A stored block that fills the window.
std::string full_window() {
    return std::string("\x00\xFF\x7F\x00\x80", 5) + std::string(32767, 'w');
}

/// Of a few runs the fastest, in processor time.
std::clock_t time_of(const std::string& data) {
    std::clock_t best = std::numeric_limits<std::clock_t>::max();
    for (int run = 0; run < 5; ++run) {
        Decompressor decompressor(false);
        const std::clock_t begin = std::clock();
        EXPECT_TRUE(decompressor.decompress(bytes_of(data), limit));
        best = std::min(best, std::clock() - begin);
    }
    return best;
}

TEST(FinalBlock, LeavesTheContextToWhatFollows) {
    Compressor compressor(15, true);
    Decompressor decompressor(true);
    const std::string text = "what was said before is only referred to: " + std::string(100, '.');
    const std::string first = text_of(*compressor.compress(bytes_of(text)));
    const std::string second = text_of(*compressor.compress(bytes_of(text)));
    ASSERT_LT(second.size(), first.size());
    EXPECT_EQ(inflated(decompressor, first), text);
    EXPECT_EQ(inflated(decompressor, final_blocks(3)), "");
    EXPECT_EQ(inflated(decompressor, final_blocks(1) + second), text);
}

TEST(FinalBlock, CostsNoMoreBehindAFullWindow) {
    const std::string blocks = final_blocks(limit / 4);
    EXPECT_LT(time_of(full_window() + blocks), 2 * time_of(blocks) + CLOCKS_PER_SEC / 100);
}

}  // namespace
}  // namespace longwire::protocol
