#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace longwire::protocol {

/// Whether `text` is valid UTF-8 as a whole (RFC 3629).
[[nodiscard]] bool is_valid_utf8(std::span<const std::byte> text) noexcept;

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
