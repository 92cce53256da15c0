#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#if __has_feature(address_sanitizer)
#include <sanitizer/allocator_interface.h>
#endif

namespace longwire::fuzz {

/// States what must hold; where it does not, the fuzzer keeps the input.
inline void require(bool holds, const char* property) {
    if (holds) return;
    std::fprintf(stderr, "BROKEN: %s\n", property);
    std::abort();
}

/// Two accounts of the same input must be equal, to the letter.
inline void require_same(const std::string& left, const std::string& right, const char* property) {
    if (left == right) return;
    std::fprintf(stderr, "--- one\n%s\n--- the other\n%s\n---\n", left.c_str(), right.c_str());
    require(false, property);
}

/// Says how long each piece is in which something is fed.
class Pieces {
public:
    explicit Pieces(std::uint16_t seed) noexcept
        : state_(seed * 2654435761U + 1), kind_(static_cast<std::uint8_t>(seed % 4)) {}

    /// From 1 to `left`, which is not 0.
    [[nodiscard]] std::size_t next(std::size_t left) noexcept {
        if (kind_ == 0) return 1;
        state_ = state_ * 1664525U + 1013904223U;
        const std::size_t most = kind_ == 1 ? 4 : kind_ == 2 ? 16 : left;
        return std::min<std::size_t>(1 + (state_ >> 8U) % most, left);
    }

private:
    std::uint32_t state_;
    std::uint8_t kind_;
};

/// What the fuzzer gives: the settings are its last bytes, so that the text or the frames before
/// them can be read, and written by hand.
class FuzzInput {
public:
    FuzzInput(const std::uint8_t* data, std::size_t size) : provider_(data, size) {}

    [[nodiscard]] std::size_t number(std::size_t least, std::size_t most) {
        return provider_.ConsumeIntegralInRange<std::size_t>(least, most);
    }
    [[nodiscard]] bool flag() { return provider_.ConsumeBool(); }
    [[nodiscard]] Pieces pieces() { return Pieces(provider_.ConsumeIntegral<std::uint16_t>()); }
    [[nodiscard]] std::string rest() { return provider_.ConsumeRemainingBytesAsString(); }

private:
    FuzzedDataProvider provider_;
};

/// `text` as a body that may be empty comes: of no address then.
inline std::string_view as_body(const std::string& text) {
    return text.empty() ? std::string_view() : text;
}

inline std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

inline std::span<std::byte> writable_bytes_of(std::string& text) {
    return std::as_writable_bytes(std::span(text));
}

inline std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// How far the heap has grown since this was made; 0 where nobody counts.
class HeapGrowth {
public:
    [[nodiscard]] std::size_t now() const noexcept {
        const std::size_t bytes = allocated();
        return bytes > before_ ? bytes - before_ : 0;
    }

private:
    static std::size_t allocated() noexcept {
#if __has_feature(address_sanitizer)
        return __sanitizer_get_current_allocated_bytes();
#else
        return 0;
#endif
    }

    std::size_t before_ = allocated();
};

}  // namespace longwire::fuzz
