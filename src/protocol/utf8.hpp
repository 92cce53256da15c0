#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace longwire::protocol {

namespace detail {

/// Whether any of the 8 bytes is not ASCII.
[[nodiscard]] inline std::uint64_t top_bits(const std::byte* block) noexcept {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, block, sizeof bytes);
    return bytes & 0x8080808080808080U;
}

/// For 8 to 32 bytes, in blocks that overlap; anything else is not said to be ASCII.
[[nodiscard]] inline bool is_short_ascii(std::span<const std::byte> text) noexcept {
    const std::size_t size = text.size();
    if (size - 8 > 32 - 8) return false;
    std::uint64_t bits = top_bits(text.data()) | top_bits(text.data() + size - 8);
    if (size > 16) bits |= top_bits(text.data() + 8) | top_bits(text.data() + size - 16);
    return bits == 0;
}

[[nodiscard]] bool is_any_valid_utf8(std::span<const std::byte> text) noexcept;

}  // namespace detail

/// Whether `text` is valid UTF-8 as a whole (RFC 3629).
[[nodiscard]] inline bool is_valid_utf8(std::span<const std::byte> text) noexcept {
    return detail::is_short_ascii(text) || detail::is_any_valid_utf8(text);
}

/// Of text that is valid so far: how many of its bytes are whole characters. The others, three at
/// the most, begin one that is cut.
[[nodiscard]] std::size_t size_of_whole_characters(std::span<const std::byte> text) noexcept;

/// Validates UTF-8 that arrives in parts, and fails at the first byte that cannot be right.
class Utf8Validator {
public:
    /// Takes the next part. False once the text cannot become valid any more; then only `reset`
    /// may follow.
    [[nodiscard]] bool feed(std::span<const std::byte> part) noexcept;
    /// Whether the text so far ends with a whole character.
    [[nodiscard]] bool complete() const noexcept { return missing_ == 0; }
    /// Begins a new text.
    void reset() noexcept { *this = {}; }

private:
    [[nodiscard]] bool step(std::uint8_t byte) noexcept;

    std::uint8_t missing_ = 0;    // continuation bytes that the character still needs
    std::uint8_t lowest_ = 0x80;  // what the next of them may be
    std::uint8_t highest_ = 0xBF;
};

}  // namespace longwire::protocol
