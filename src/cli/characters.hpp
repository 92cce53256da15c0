#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace longwire::cli {

/// One character of a text that should be UTF-8.
struct Character {
    char32_t code = 0;     ///< A byte that belongs to no character stands for itself.
    std::size_t size = 1;  ///< In bytes.
    bool valid = false;
};

/// The character that begins at `place`, which must lie in `text`.
[[nodiscard]] Character character_at(std::string_view text, std::size_t place) noexcept;

[[nodiscard]] std::string to_utf8(std::wstring_view text);

/// Whether `code` could steer a terminal, or change how what stands around it is shown: the
/// control characters, and the marks that turn the direction of writing.
[[nodiscard]] bool steers(char32_t code) noexcept;

/// How such a character is spelled out: \x1b, \u202e.
[[nodiscard]] std::string spelled_out(char32_t code);

/// The columns that `code` takes on a terminal: 0 for what combines, 2 for what is wide.
[[nodiscard]] std::size_t columns_of(char32_t code) noexcept;

/// The columns of a whole text without control characters.
[[nodiscard]] std::size_t columns_of(std::string_view text) noexcept;

}  // namespace longwire::cli
