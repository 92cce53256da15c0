#pragma once

#include "protocol/bit_writer.hpp"
#include "protocol/deflate_symbols.hpp"
#include "protocol/prefix_code.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace longwire::protocol {

/// A byte as it is, or a repetition of what stands `distance` bytes before (RFC 1951, section
/// 3.2.5).
struct DeflateToken {
    std::uint16_t length = 0;    ///< 0 for a byte as it is; else 3 to 258
    std::uint16_t distance = 0;  ///< 1 to 32768; or the byte
};

/// The tokens of one block, and how often each symbol occurs in them.
class DeflateBlock {
public:
    static constexpr std::size_t most_tokens = 16384;

    /// There may be no room for another match, and the literal before it.
    [[nodiscard]] bool nearly_full() const noexcept { return size_ + 2 > most_tokens; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

    void add_literal(std::byte byte) noexcept {
        const auto value = std::to_integer<std::uint16_t>(byte);
        tokens_[size_++] = {.distance = value};
        ++literal_counts_[value];
    }
    void add_match(unsigned length, unsigned distance) noexcept {
        tokens_[size_++] = {.length = static_cast<std::uint16_t>(length),
                            .distance = static_cast<std::uint16_t>(distance)};
        ++literal_counts_[length_symbols[length]];
        ++distance_counts_[distance_symbol(distance)];
    }

    void clear() noexcept;

    /// Writes the block, not the last of its stream, with the code that makes it shorter, and
    /// clears it. False, and nothing written, where that takes more than `room` bits.
    [[nodiscard]] bool write(BitWriter& output, std::uint64_t room) noexcept;

private:
    static constexpr std::size_t literals = literal_symbols;
    static constexpr std::size_t distances = distance_symbols;
    static constexpr auto length_symbols = [] {
        std::array<std::uint16_t, longest_match + 1> symbols = {};
        for (unsigned length = shortest_match; length <= longest_match; ++length)
            symbols[length] = static_cast<std::uint16_t>(length_symbol(length));
        return symbols;
    }();

    struct Codes {
        std::array<Codeword, literals> literal = {};
        std::array<Codeword, distances> distance = {};
    };
    struct CodeHeader;

    static Codes make_fixed_codes() noexcept;
    [[nodiscard]] std::uint32_t extra_bits() const noexcept;
    [[nodiscard]] std::uint32_t bits_with_fixed_codes() const noexcept;
    void write_tokens(BitWriter& output, const Codes& codes) const noexcept;

    std::array<DeflateToken, most_tokens> tokens_;
    std::size_t size_ = 0;
    std::array<std::uint32_t, literals> literal_counts_ = {};
    std::array<std::uint32_t, distances> distance_counts_ = {};
};

}  // namespace longwire::protocol
