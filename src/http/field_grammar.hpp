#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace longwire::http {

[[nodiscard]] constexpr bool is_digit(char letter) noexcept {
    return letter >= '0' && letter <= '9';
}

[[nodiscard]] constexpr bool is_alpha(char letter) noexcept {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

/// The value of a hexadecimal digit; -1 for any other letter.
[[nodiscard]] constexpr int hex_value(char letter) noexcept {
    if (is_digit(letter)) return letter - '0';
    if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
    if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
    return -1;
}

/// By the number of a byte, whether `is_one` says so of that letter.
template <class IsOne>
[[nodiscard]] constexpr std::array<bool, 256> table_of_letters(IsOne is_one) noexcept {
    std::array<bool, 256> table = {};
    for (std::size_t number = 0; number < table.size(); ++number)
        table[number] = is_one(static_cast<char>(number));
    return table;
}

inline constexpr std::array<bool, 256> token_letters = table_of_letters([](char letter) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return is_digit(letter) || is_alpha(letter) || others.find(letter) != std::string_view::npos;
});

/// tchar (RFC 9110, section 5.6.2).
[[nodiscard]] constexpr bool is_token_letter(char letter) noexcept {
    return token_letters[static_cast<unsigned char>(letter)];
}

/// How many of the first letters may stand in a token.
[[nodiscard]] constexpr std::size_t token_run(std::string_view text) noexcept {
    const auto one = [&](std::size_t index) -> unsigned { return is_token_letter(text[index]); };
    std::size_t size = 0;
    // One branch for four letters.
    while (text.size() - size >= 4 &&
           (one(size) & one(size + 1) & one(size + 2) & one(size + 3)) != 0)
        size += 4;
    while (size < text.size() && one(size) != 0) ++size;
    return size;
}

/// Whether `text` is a token: a method, a field name (RFC 9110, section 5.6.2).
[[nodiscard]] constexpr bool is_token(std::string_view text) noexcept {
    return !text.empty() && token_run(text) == text.size();
}

/// Optional white space: SP or HTAB (RFC 9110, section 5.6.3).
[[nodiscard]] constexpr bool is_white_space(char letter) noexcept {
    return letter == ' ' || letter == '\t';
}

/// What a field's value may hold: HTAB, SP, VCHAR, obs-text (RFC 9110, section 5.5).
[[nodiscard]] constexpr bool is_value_letter(char letter) noexcept {
    const auto number = static_cast<unsigned char>(letter);
    return letter == '\t' || (number >= 0x20 && number != 0x7F);
}

/// Whether `text` may be written as the value of a field without any harm to what follows it.
[[nodiscard]] constexpr bool is_field_value(std::string_view text) noexcept {
    return std::ranges::all_of(text, is_value_letter);
}

/// `text` without the white space at both its ends.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) noexcept {
    while (!text.empty() && is_white_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_white_space(text.back())) text.remove_suffix(1);
    return text;
}

}  // namespace longwire::http
