#include "protocol/utf8.hpp"

#include <simdjson.h>

namespace longwire::protocol {

namespace {

// Measured: the vectorised validator takes about as long for its start as 32 bytes of mixed text,
// or 128 bytes of ASCII, take without it.
constexpr std::size_t worth_simd = 32;
constexpr std::size_t worth_simd_if_ascii = 128;

/// What the second byte of a character may be, by its first: RFC 3629, section 4. No overlong
/// forms, no surrogates, nothing above U+10FFFF.
struct Lead {
    std::uint8_t size;  // of the character; 0 where no character begins so
    std::uint8_t lowest;
    std::uint8_t highest;
};

constexpr Lead lead_of(std::uint8_t byte) noexcept {
    if (byte < 0x80) return {.size = 1, .lowest = 0, .highest = 0};
    if (byte < 0xC2 || byte > 0xF4) return {.size = 0, .lowest = 0, .highest = 0};
    if (byte < 0xE0) return {.size = 2, .lowest = 0x80, .highest = 0xBF};
    if (byte < 0xF0)
        return {.size = 3,
                .lowest = static_cast<std::uint8_t>(byte == 0xE0 ? 0xA0 : 0x80),
                .highest = static_cast<std::uint8_t>(byte == 0xED ? 0x9F : 0xBF)};
    return {.size = 4,
            .lowest = static_cast<std::uint8_t>(byte == 0xF0 ? 0x90 : 0x80),
            .highest = static_cast<std::uint8_t>(byte == 0xF4 ? 0x8F : 0xBF)};
}

bool is_continuation(std::byte byte) noexcept {
    return (byte & std::byte{0xC0}) == std::byte{0x80};
}

/// For a few bytes: one character after the other.
bool is_valid_short(std::span<const std::byte> text) noexcept {
    while (!text.empty()) {
        const Lead lead = lead_of(std::to_integer<std::uint8_t>(text[0]));
        if (lead.size == 0 || lead.size > text.size()) return false;
        if (lead.size > 1) {
            const auto second = std::to_integer<std::uint8_t>(text[1]);
            if (second < lead.lowest || second > lead.highest) return false;
        }
        if (lead.size > 2 && !is_continuation(text[2])) return false;
        if (lead.size > 3 && !is_continuation(text[3])) return false;
        text = text.subspan(lead.size);
    }
    return true;
}

/// Where the last character of `text` begins if it may be cut off there; else the end.
std::size_t before_cut(std::span<const std::byte> text) noexcept {
    const std::size_t size = text.size();
    for (std::size_t back = 1; back <= 3 && back <= size; ++back) {
        if (is_continuation(text[size - back])) continue;
        const Lead lead = lead_of(std::to_integer<std::uint8_t>(text[size - back]));
        return lead.size > back ? size - back : size;
    }
    return size;
}

/// For 8 bytes and more: whole blocks of 8, and a last one that overlaps.
bool is_ascii(std::span<const std::byte> text) noexcept {
    for (std::size_t place = 0; place + 8 < text.size(); place += 8)
        if (detail::top_bits(text.data() + place) != 0) return false;
    return detail::top_bits(text.data() + text.size() - 8) == 0;
}

}  // namespace

bool detail::is_any_valid_utf8(std::span<const std::byte> text) noexcept {
    if (text.size() >= 8 && text.size() < worth_simd_if_ascii && is_ascii(text)) return true;
    if (text.size() < worth_simd) return is_valid_short(text);
    return simdjson::validate_utf8(reinterpret_cast<const char*>(text.data()), text.size());
}

bool Utf8Validator::step(std::uint8_t byte) noexcept {
    if (missing_ > 0) {
        if (byte < lowest_ || byte > highest_) return false;
        lowest_ = 0x80;
        highest_ = 0xBF;
        --missing_;
        return true;
    }
    const Lead lead = lead_of(byte);
    if (lead.size == 0) return false;
    missing_ = static_cast<std::uint8_t>(lead.size - 1);
    lowest_ = lead.lowest;
    highest_ = lead.highest;
    return true;
}

bool Utf8Validator::feed(std::span<const std::byte> part) noexcept {
    while (!part.empty() && missing_ > 0) {
        if (!step(std::to_integer<std::uint8_t>(part.front()))) return false;
        part = part.subspan(1);
    }
    const std::size_t whole = before_cut(part);
    if (!is_valid_utf8(part.first(whole))) return false;
    for (const std::byte byte : part.subspan(whole))
        if (!step(std::to_integer<std::uint8_t>(byte))) return false;
    return true;
}

std::size_t size_of_whole_characters(std::span<const std::byte> text) noexcept {
    return before_cut(text);
}

}  // namespace longwire::protocol
