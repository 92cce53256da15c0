#include "cli/characters.hpp"

#include <fmt/core.h>
#include <cwchar>

#include <array>
#include <cstdint>

namespace longwire::cli {

namespace {

/// The bytes of a character by its first byte; 0 where no character begins so.
std::size_t announced_size(unsigned char first) noexcept {
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return 2;
    if (first >= 0xE0 && first <= 0xEF) return 3;
    if (first >= 0xF0 && first <= 0xF4) return 4;
    return 0;
}

bool is_shortest_and_allowed(char32_t code, std::size_t size) noexcept {
    constexpr std::array<char32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
    return code >= least[size] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

void append_utf8(std::string& text, char32_t code) {
    const auto tail = [code](unsigned shift) {
        return static_cast<char>(0x80U | ((code >> shift) & 0x3FU));
    };
    if (code < 0x80) {
        text += static_cast<char>(code);
    } else if (code < 0x800) {
        text += static_cast<char>(0xC0U | (code >> 6U));
        text += tail(0);
    } else if (code < 0x10000) {
        text += static_cast<char>(0xE0U | (code >> 12U));
        text += tail(6);
        text += tail(0);
    } else {
        text += static_cast<char>(0xF0U | (code >> 18U));
        text += tail(12);
        text += tail(6);
        text += tail(0);
    }
}

}  // namespace

Character character_at(std::string_view text, std::size_t place) noexcept {
    const auto first = static_cast<unsigned char>(text[place]);
    const Character stray = {.code = first, .size = 1, .valid = false};
    const std::size_t size = announced_size(first);
    if (size == 0 || text.size() - place < size) return stray;
    if (size == 1) return {.code = first, .size = 1, .valid = true};
    char32_t code = first & (0x7FU >> size);
    for (std::size_t index = 1; index < size; ++index) {
        const auto byte = static_cast<unsigned char>(text[place + index]);
        if ((byte & 0xC0U) != 0x80U) return stray;
        code = (code << 6U) | (byte & 0x3FU);
    }
    if (!is_shortest_and_allowed(code, size)) return stray;
    return {.code = code, .size = size, .valid = true};
}

std::string to_utf8(std::wstring_view text) {
    std::string bytes;
    bytes.reserve(text.size());
    for (const wchar_t letter : text) {
        const auto code = static_cast<char32_t>(letter);
        append_utf8(bytes, is_shortest_and_allowed(code, 1) ? code : U'\uFFFD');
    }
    return bytes;
}

bool steers(char32_t code) noexcept {
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x061C ||
           (code >= 0x200E && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069) || (code >= 0xFFF9 && code <= 0xFFFB);
}

std::string spelled_out(char32_t code) {
    const auto number = static_cast<std::uint32_t>(code);
    return number < 0x100 ? fmt::format("\\x{:02x}", number) : fmt::format("\\u{:04x}", number);
}

std::size_t columns_of(char32_t code) noexcept {
    const int width = wcwidth(static_cast<wchar_t>(code));
    return width < 0 ? 1 : static_cast<std::size_t>(width);
}

std::size_t columns_of(std::string_view text) noexcept {
    std::size_t columns = 0;
    for (std::size_t place = 0; place < text.size();) {
        const Character character = character_at(text, place);
        columns += columns_of(character.code);
        place += character.size;
    }
    return columns;
}

}  // namespace longwire::cli
