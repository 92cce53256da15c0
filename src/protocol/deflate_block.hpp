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
    static constexpr std::uint8_t no_match = 0xFF;

    std::uint16_t distance = 0;               ///< less 1; or the byte
    std::uint8_t length = 0;                  ///< less 3
    std::uint8_t distance_symbol = no_match;  ///< which says that it is a match, too
};

/// The tokens of one block, and how often each symbol occurs in them.
class DeflateBlock {
public:
    static constexpr std::size_t most_tokens = 16384;

    class Filling;

    void clear() noexcept;

    /// Writes the block, not the last of its stream, with the code that makes it shorter, and
    /// clears it. False, and nothing written, where that takes more than `room` bits.
    [[nodiscard]] bool write(BitWriter& output, std::uint64_t room) noexcept;

private:
    static constexpr std::size_t literals = literal_symbols;
    static constexpr std::size_t distances = distance_symbols;
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

/// Adds tokens to a block, from the first one on.
class DeflateBlock::Filling {
public:
    explicit Filling(DeflateBlock& block) noexcept
        : block_(block), next_(block.tokens_.data() + block.size_) {}
    ~Filling() { block_.size_ = static_cast<std::size_t>(next_ - block_.tokens_.data()); }
    Filling(const Filling&) = delete;
    Filling& operator=(const Filling&) = delete;

    /// There may be no room for `step` tokens.
    [[nodiscard]] bool nearly_full() const noexcept {
        return next_ > block_.tokens_.data() + (most_tokens - step);
    }
    void add_literal(std::byte byte) noexcept {
        const auto value = std::to_integer<std::uint16_t>(byte);
        *next_++ = {.distance = value};
        ++block_.literal_counts_[value];
    }
    void add_match(unsigned length, unsigned distance) noexcept {
        const auto symbol = static_cast<std::uint8_t>(distance_symbol(distance));
        const auto told = static_cast<std::uint8_t>(length - shortest_match);
        *next_++ = {.distance = static_cast<std::uint16_t>(distance - 1),
                    .length = told,
                    .distance_symbol = symbol};
        ++block_.literal_counts_[told_lengths[told].symbol];
        ++block_.distance_counts_[symbol];
    }

    /// A match, and the literals before it: each has led to one that is longer, or much nearer.
    static constexpr std::size_t step = 256;

private:
    DeflateBlock& block_;
    DeflateToken* next_;
};

}  // namespace longwire::protocol
