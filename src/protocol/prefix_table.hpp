#pragma once

#include "protocol/prefix_code.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace longwire::protocol {

/// What the next bits stand for.
struct PrefixEntry {
    std::uint16_t symbol = 0;
    std::uint8_t length = 0;  ///< of the codeword; 0 where there is none
};

/// A prefix code to read (RFC 1951, section 3.2.2): short codewords by a table, the others, which
/// are seldom by their nature, bit by bit.
template <unsigned most_table_bits>
class PrefixTable {
public:
    /// Takes the codeword lengths of up to most_prefix_symbols symbols. False unless they are a
    /// complete code, in which any bits stand for something; or, `if_single`, one of one bit.
    [[nodiscard]] bool assign(std::span<const std::uint8_t> lengths, bool if_single) noexcept;

    /// Of `bits`, the first is the lowest; 15 of them matter.
    [[nodiscard]] PrefixEntry find(std::uint64_t bits) const noexcept {
        const PrefixEntry entry = table_[bits & mask_];
        return entry.length != 0 ? entry : find_long(bits);
    }

private:
    [[nodiscard]] PrefixEntry find_long(std::uint64_t bits) const noexcept;

    std::array<PrefixEntry, std::size_t{1} << most_table_bits> table_;
    std::array<std::uint16_t, most_prefix_symbols> sorted_;  ///< the symbols, by their codewords
    std::array<std::uint16_t, longest_codeword + 1> counts_ = {};
    std::uint32_t mask_ = 0;
};

template <unsigned most_table_bits>
bool PrefixTable<most_table_bits>::assign(std::span<const std::uint8_t> lengths,
                                          bool if_single) noexcept {
    counts_.fill(0);
    // Most of an alphabet does not occur in one message: eight at a time are passed over.
    std::array<std::uint16_t, most_prefix_symbols + 1> occurring;
    std::size_t number = 0;
    const auto look_at = [&](std::size_t symbol) {
        const std::uint8_t length = lengths[symbol];
        ++counts_[length];
        occurring[number] = static_cast<std::uint16_t>(symbol);
        number += static_cast<std::size_t>(length != 0);
    };
    std::size_t place = 0;
    for (; place + 8 <= lengths.size(); place += 8) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, &lengths[place], sizeof eight);
        if (eight == 0) continue;
        for (std::size_t one = 0; one < 8; ++one) look_at(place + one);
    }
    for (; place < lengths.size(); ++place) look_at(place);
    counts_[0] = 0;
    unsigned longest = longest_codeword;
    while (longest > 0 && counts_[longest] == 0) --longest;
    std::uint32_t taken = 0;
    for (unsigned length = 1; length <= longest; ++length)
        taken += std::uint32_t{counts_[length]} << (longest_codeword - length);
    const bool single = if_single && longest == 1 && counts_[1] == 1;
    if (taken != 1U << longest_codeword && !single) return false;

    std::array<std::uint16_t, longest_codeword + 2> places = {};
    for (unsigned length = 1; length <= longest; ++length)
        places[length + 1] = static_cast<std::uint16_t>(places[length] + counts_[length]);
    const unsigned symbols = places[longest + 1];
    for (const std::uint16_t symbol : std::span(occurring).first(number))
        sorted_[places[lengths[symbol]]++] = symbol;

    // The table grows with the length of the codewords: each time it doubles, what is in it stands
    // there twice. The codewords count up with their last bit highest.
    const unsigned bits = longest < most_table_bits ? longest : most_table_bits;
    mask_ = (1U << bits) - 1;
    table_[0] = table_[1] = {};
    std::uint32_t codeword = 0;  // turned around
    unsigned next = 0;
    for (unsigned length = 1; length <= bits; ++length) {
        const std::size_t half = std::size_t{1} << (length - 1);
        std::copy_n(table_.begin(), half, table_.begin() + static_cast<std::ptrdiff_t>(half));
        for (unsigned left = counts_[length]; left > 0; --left) {
            table_[codeword] = {.symbol = sorted_[next++],
                                .length = static_cast<std::uint8_t>(length)};
            // One more, from the highest bit down.
            std::uint32_t bit = 1U << (length - 1);
            for (; (codeword & bit) != 0; bit >>= 1U) codeword ^= bit;
            codeword |= bit;
        }
    }
    return next == symbols || longest > bits;
}

template <unsigned most_table_bits>
PrefixEntry PrefixTable<most_table_bits>::find_long(std::uint64_t bits) const noexcept {
    // Codewords of a length follow each other; after the last, with a 0, come those one longer.
    std::int32_t codeword = 0;
    std::int32_t first = 0;
    std::int32_t place = 0;
    for (unsigned length = 1; length <= longest_codeword; ++length) {
        codeword |= static_cast<std::int32_t>(bits & 1U);
        bits >>= 1U;
        const std::int32_t count = counts_[length];
        if (codeword - first < count)
            return {.symbol = sorted_[static_cast<std::size_t>(place + codeword - first)],
                    .length = static_cast<std::uint8_t>(length)};
        place += count;
        first = (first + count) << 1U;
        codeword <<= 1U;
    }
    return {};
}

}  // namespace longwire::protocol
