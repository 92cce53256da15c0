// Messages as nearly all are, decompressed in one go; the others are left to zlib.
#include "protocol/whole_inflater.hpp"

#include "frames.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <memory>
#include <random>
#include <string>

namespace longwire::protocol {
namespace {

constexpr std::size_t no_limit = std::size_t{1} << 20;

struct Way {
    int level;
    int strategy;
    std::size_t flushed_after;
};

std::string deflated_by_zlib(std::string_view text, const Way& way) {
    z_stream state = {};
    EXPECT_EQ(deflateInit2(&state, way.level, Z_DEFLATED, -15, 9, way.strategy), Z_OK);
    std::string data(2 * text.size() + 1000, '\0');
    state.next_out = reinterpret_cast<Bytef*>(data.data());
    state.avail_out = static_cast<uInt>(data.size());
    while (!text.empty()) {
        const auto part = text.substr(0, way.flushed_after);
        state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
        state.avail_in = static_cast<uInt>(part.size());
        EXPECT_EQ(deflate(&state, Z_SYNC_FLUSH), Z_OK);
        text.remove_prefix(part.size());
    }
    data.resize(data.size() - state.avail_out - 4);
    deflateEnd(&state);
    return data;
}

std::string words(std::size_t size, unsigned seed) {
    std::mt19937 random(seed);
    std::string text;
    while (text.size() < size) {
        text += "word" + std::to_string(random() % 500) + "\n";
        if (random() % 4 == 0) text += static_cast<char>(random());
        if (random() % 16 == 0) text.append(random() % 40, '.');
    }
    text.resize(size);
    return text;
}

std::string inflated(WholeInflater& inflater, std::string_view data, std::size_t most = no_limit) {
    const auto message = inflater.inflate(bytes_of(data), most);
    return message ? text_of(*message) : "left to others";
}

TEST(WholeInflater, TakesWhateverZlibMakes) {
    const auto inflater = std::make_unique<WholeInflater>();
    for (const std::size_t size : {1U, 100U, 1000U, 20'000U, 65'536U})
        for (const Way& way : {Way{6, Z_DEFAULT_STRATEGY, no_limit}, Way{9, Z_FIXED, no_limit},
                               Way{1, Z_DEFAULT_STRATEGY, 700}, Way{0, Z_DEFAULT_STRATEGY, 900},
                               Way{6, Z_HUFFMAN_ONLY, 5000}, Way{6, Z_RLE, no_limit}}) {
            const std::string text = words(size, static_cast<unsigned>(size));
            const std::string data = deflated_by_zlib(text, way);
            EXPECT_TRUE(inflated(*inflater, data) == text)
                << size << ' ' << way.level << ' ' << way.strategy;
            EXPECT_EQ(inflated(*inflater, data, size - 1), "left to others");
        }
}

TEST(WholeInflater, ReadsCodewordsOfAllLengths) {
    std::string text;
    std::size_t count = 1;
    for (std::size_t letter = 0, before = 1; text.size() < 40'000; ++letter) {
        text.append(count, static_cast<char>('a' + letter));
        count += std::exchange(before, count);
    }
    std::mt19937 random(4);
    std::ranges::shuffle(text, random);
    text.resize(60'000, 'a');
    const auto inflater = std::make_unique<WholeInflater>();
    EXPECT_TRUE(inflated(*inflater, deflated_by_zlib(text, {6, Z_HUFFMAN_ONLY, no_limit})) == text);
}

TEST(WholeInflater, LeavesWhatIsUnusualToOthers) {
    const auto inflater = std::make_unique<WholeInflater>();
    // BFINAL; nothing; a block type that there is not; a cut block; more than it holds.
    EXPECT_EQ(inflated(*inflater, std::string("\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8)),
              "left to others");
    EXPECT_EQ(inflated(*inflater, ""), "left to others");
    EXPECT_EQ(inflated(*inflater, "\x06"), "left to others");
    const std::string data = deflated_by_zlib(words(5000, 1), {6, Z_DEFAULT_STRATEGY, no_limit});
    for (std::size_t size = 0; size < data.size() - 1; ++size)
        EXPECT_EQ(inflated(*inflater, data.substr(0, size)), "left to others") << size;
    const std::string large(WholeInflater::most_output + 1, 'x');
    EXPECT_EQ(inflated(*inflater, deflated_by_zlib(large, {6, Z_DEFAULT_STRATEGY, no_limit})),
              "left to others");
    // It reaches back before its begin.
    EXPECT_EQ(inflated(*inflater, std::string("\xf2\x00\x11\x00\x00", 5)), "left to others");
}

}  // namespace
}  // namespace longwire::protocol
