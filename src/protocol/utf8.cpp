#include "protocol/utf8.hpp"

#include <simdjson.h>

#include <cstring>

namespace longwire::protocol {

namespace {

/// How many bytes at the front of `text` are ASCII, in steps of 8.
std::size_t ascii_prefix(std::span<const std::byte> text) noexcept {
    constexpr std::uint64_t top_bits = 0x8080808080808080U;
    std::size_t size = 0;
    for (; size + sizeof top_bits <= text.size(); size += sizeof top_bits) {
        std::uint64_t block = 0;
        std::memcpy(&block, text.data() + size, sizeof block);
        if ((block & top_bits) != 0) break;
    }
    return size;
}

/// Where the last character of `text` begins, if it may be unfinished; else its end.
std::size_t whole_characters(std::span<const std::byte> text) noexcept {
    const std::size_t size = text.size();
    for (std::size_t back = 1; back <= 3 && back <= size; ++back) {
        const auto byte = std::to_integer<std::uint8_t>(text[size - back]);
        if ((byte & 0xC0) == 0x80) continue;
        const std::size_t needed = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
        return needed > back ? size - back : size;
    }
    return size;
}

constexpr std::size_t worth_simd = 32;

}  // namespace

bool is_valid_utf8(std::span<const std::byte> text) noexcept {
    text = text.subspan(ascii_prefix(text));
    if (text.size() >= worth_simd)
        return simdjson::validate_utf8(reinterpret_cast<const char*>(text.data()), text.size());
    Utf8Validator validator;
    return validator.feed(text) && validator.complete();
}

bool Utf8Validator::step(std::uint8_t byte) noexcept {
    if (missing_ > 0) {
        if (byte < lowest_ || byte > highest_) return false;
        lowest_ = 0x80;
        highest_ = 0xBF;
        --missing_;
        return true;
    }
    if (byte < 0x80) return true;
    // The table of RFC 3629, section 4: no overlong forms, no surrogates, nothing above U+10FFFF.
    if (byte < 0xC2 || byte > 0xF4) return false;
    missing_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
    if (byte == 0xE0) lowest_ = 0xA0;
    if (byte == 0xED) highest_ = 0x9F;
    if (byte == 0xF0) lowest_ = 0x90;
    if (byte == 0xF4) highest_ = 0x8F;
    return true;
}

bool Utf8Validator::feed(std::span<const std::byte> part) noexcept {
    while (!part.empty() && missing_ > 0) {
        if (!step(std::to_integer<std::uint8_t>(part.front()))) return false;
        part = part.subspan(1);
    }
    part = part.subspan(ascii_prefix(part));
    if (part.size() >= worth_simd) {
        const std::size_t whole = whole_characters(part);
        if (!simdjson::validate_utf8(reinterpret_cast<const char*>(part.data()), whole))
            return false;
        part = part.subspan(whole);
    }
    for (const std::byte byte : part)
        if (!step(std::to_integer<std::uint8_t>(byte))) return false;
    return true;
}

}  // namespace longwire::protocol
