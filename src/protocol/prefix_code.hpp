#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace longwire::protocol {

/// One codeword of a prefix code, its first bit lowest, as DEFLATE packs it.
struct Codeword {
    std::uint16_t bits = 0;
    std::uint8_t length = 0;  ///< 0 where the symbol has none
};

inline constexpr std::size_t most_prefix_symbols = 288;
inline constexpr unsigned longest_codeword = 15;

/// Gives each symbol that occurs a codeword of at most `longest` bits: the shorter, the more often
/// it occurs (RFC 1951, section 3.2.2). At least two symbols get one, since not every decoder takes
/// a code of fewer. `counts` has 2 to most_prefix_symbols entries, with a sum of less than 2^23.
/// `code` is all of length 0 at first. Gives the bits that all that occurs takes.
std::uint32_t make_prefix_code(std::span<const std::uint32_t> counts, unsigned longest,
                               std::span<Codeword> code) noexcept;

/// Counts codewords up, those of each length for itself.
class CodewordCounter {
public:
    /// `counts` says how many there are of each length.
    constexpr explicit CodewordCounter(
        const std::array<std::uint16_t, longest_codeword + 1>& counts) noexcept {
        for (std::size_t length = 1; length + 1 < next_.size(); ++length)
            next_[length + 1] = (next_[length] + counts[length]) << 1U;
    }

    /// Fills in the bits of one whose length is set: the next of this length.
    constexpr void assign(Codeword& word) noexcept {
        const unsigned upright = next_[word.length]++;
        const unsigned turned =
            unsigned{turned_bytes[upright & 0xFFU]} << 8U | turned_bytes[upright >> 8U];
        word.bits = static_cast<std::uint16_t>(turned >> (16U - word.length));
    }

private:
    static constexpr auto turned_bytes = [] {
        std::array<std::uint8_t, 256> turned = {};
        for (unsigned byte = 0; byte < turned.size(); ++byte)
            for (unsigned bit = 0; bit < 8; ++bit)
                turned[byte] |= static_cast<std::uint8_t>((byte >> bit & 1U) << (7U - bit));
        return turned;
    }();

    std::array<unsigned, longest_codeword + 1> next_ = {};
};

}  // namespace longwire::protocol
