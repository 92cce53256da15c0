#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

// The alphabets of DEFLATE (RFC 1951, sections 3.2.5 to 3.2.7).
namespace longwire::protocol {

inline constexpr unsigned shortest_match = 3;
inline constexpr unsigned longest_match = 258;

// Bytes, the end of a block, and lengths; with two that stand for nothing.
inline constexpr std::size_t literal_symbols = 288;
inline constexpr unsigned end_of_block = 256;
inline constexpr unsigned last_length_symbol = 285;
inline constexpr std::size_t distance_symbols = 30;

/// The symbol of a distance. Of two symbols each, the extra bits grow by one.
constexpr unsigned distance_symbol(unsigned distance) noexcept {
    const unsigned from_zero = distance - 1;
    if (from_zero < 2) return from_zero;
    const auto width = static_cast<unsigned>(std::bit_width(from_zero)) - 1;
    return 2 * width + ((from_zero >> (width - 1)) & 1U);
}

/// The symbol of a length. Of four symbols each, the extra bits grow by one.
constexpr unsigned length_symbol(unsigned length) noexcept {
    const unsigned from_zero = length - shortest_match;
    if (from_zero < 4) return end_of_block + 1 + from_zero;
    if (length == longest_match) return last_length_symbol;
    const auto width = static_cast<unsigned>(std::bit_width(from_zero)) - 1;
    return end_of_block + 1 + 4 * (width - 1) + ((from_zero >> (width - 2)) & 3U);
}

constexpr unsigned extra_of_length(unsigned symbol) noexcept {
    return symbol < 265 || symbol == last_length_symbol ? 0 : (symbol - 261) / 4;
}
constexpr unsigned extra_of_distance(unsigned symbol) noexcept {
    return symbol < 4 ? 0 : (symbol - 2) / 2;
}

/// How a length is told: its symbol, and what the extra bits hold.
struct ToldLength {
    std::uint16_t symbol = 0;
    std::uint8_t extra_bits = 0;
    std::uint8_t extra = 0;
};
/// By the length, less 3.
inline constexpr auto told_lengths = [] {
    std::array<ToldLength, longest_match - shortest_match + 1> told = {};
    for (unsigned length = shortest_match; length <= longest_match; ++length) {
        const unsigned symbol = length_symbol(length);
        const unsigned bits = extra_of_length(symbol);
        const unsigned extra = (length - shortest_match) & ((1U << bits) - 1);
        told[length - shortest_match] = {.symbol = static_cast<std::uint16_t>(symbol),
                                         .extra_bits = static_cast<std::uint8_t>(bits),
                                         .extra = static_cast<std::uint8_t>(extra)};
    }
    return told;
}();

/// The lengths of the fixed codewords.
constexpr std::array<std::uint8_t, literal_symbols> fixed_literal_lengths() noexcept {
    std::array<std::uint8_t, literal_symbols> lengths = {};
    for (std::size_t symbol = 0; symbol < lengths.size(); ++symbol)
        lengths[symbol] = symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8;
    return lengths;
}
inline constexpr std::uint8_t fixed_distance_length = 5;

// The code that codes the lengths of codewords.
inline constexpr std::size_t length_code_symbols = 19;
inline constexpr unsigned longest_of_length_code = 7;
inline constexpr unsigned repeat_last = 16;        // 3 to 6 times, 2 extra bits
inline constexpr unsigned repeat_zero = 17;        // 3 to 10 times, 3 extra bits
inline constexpr unsigned repeat_many_zeros = 18;  // 11 to 138 times, 7 extra bits
/// In which their lengths are told.
inline constexpr std::array<std::uint8_t, length_code_symbols> length_code_order = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

constexpr unsigned extra_of_repeat(unsigned symbol) noexcept {
    return symbol < repeat_last ? 0 : symbol == repeat_last ? 2 : symbol == repeat_zero ? 3 : 7;
}

}  // namespace longwire::protocol
