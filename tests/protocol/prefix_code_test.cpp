// Prefix codes (RFC 1951, section 3.2.2).
#include "protocol/prefix_code.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace longwire::protocol {
namespace {

/// Makes the code, and sees that it is one: any bits stand for something, none is too long, and
/// what occurs more often has no longer a codeword. Gives the bits that all takes.
std::uint32_t bits_of_code(const std::vector<std::uint32_t>& counts, unsigned longest) {
    std::vector<Codeword> code(counts.size());
    const std::uint32_t bits = make_prefix_code(counts, longest, code);
    std::uint32_t taken = 0;
    std::uint32_t sum = 0;
    std::vector<bool> begun(std::size_t{1} << longest);
    for (std::size_t symbol = 0; symbol < code.size(); ++symbol) {
        const Codeword word = code[symbol];
        sum += word.length * counts[symbol];
        EXPECT_LE(word.length, longest);
        if (counts[symbol] > 0) {
            EXPECT_GT(word.length, 0) << symbol;
        }
        if (word.length == 0) continue;
        taken += 1U << (longest - word.length);
        for (std::size_t rest = 0; rest < 1U << (longest - word.length); ++rest) {
            const std::size_t all = word.bits | rest << word.length;
            EXPECT_FALSE(begun[all]) << symbol;
            begun[all] = true;
        }
        for (std::size_t other = 0; other < symbol; ++other)
            if (counts[other] > counts[symbol] && counts[symbol] > 0) {
                EXPECT_LE(code[other].length, word.length);
            }
    }
    EXPECT_EQ(taken, 1U << longest);
    EXPECT_EQ(sum, bits);
    return bits;
}

TEST(PrefixCode, TheDeepestTreeIsCut) {
    // Fibonacci's numbers: each level has one leaf.
    std::vector<std::uint32_t> counts = {1, 1};
    while (counts.size() < 24) counts.push_back(counts.back() + counts[counts.size() - 2]);
    const std::uint32_t best = bits_of_code(counts, longest_codeword);
    EXPECT_LE(best, bits_of_code(counts, 10));
    counts.resize(19);
    EXPECT_LE(bits_of_code(counts, 7), bits_of_code(counts, 5));
}

TEST(PrefixCode, AtLeastTwoSymbolsHaveCodewords) {
    EXPECT_EQ(bits_of_code({0, 0, 0}, 7), 0U);
    EXPECT_EQ(bits_of_code({0, 0, 9}, 7), 9U);
    EXPECT_EQ(bits_of_code({9, 0, 0}, 7), 9U);
    EXPECT_EQ(bits_of_code({0, 3, 0, 0, 1}, 7), 4U);
}

TEST(PrefixCode, IsAsShortAsHuffmans) {
    // The example of many books: 45, 13, 12, 16, 9 and 5 in 224 bits.
    EXPECT_EQ(bits_of_code({45, 13, 12, 16, 9, 5}, 15), 224U);
    std::mt19937 random(2);
    for (int round = 0; round < 200; ++round) {
        std::vector<std::uint32_t> counts(2 + random() % 285);
        for (std::uint32_t& count : counts)
            count = random() % 3 == 0 ? static_cast<std::uint32_t>(random() % (1U << random() % 13))
                                      : 0;
        (void)bits_of_code(counts, 15);
    }
}

}  // namespace
}  // namespace longwire::protocol
