#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <span>
#include <string_view>

namespace longwire::http {

/// Says that no chunk follows, and no trailer (RFC 9112, section 7.1).
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

/// Makes `bytes`, which are some, a chunk: writes its size at the end of `before` and a line's end
/// at the beginning of `after`. Returns how much of `before` that takes: 18 bytes at most.
inline std::size_t frame_chunk(std::string_view bytes, std::span<char> before,
                               std::span<char> after) noexcept {
    std::array<char, 18> line = {};
    char* next = std::to_chars(line.data(), line.data() + 16, bytes.size(), 16).ptr;
    *next++ = '\r';
    *next++ = '\n';
    const auto size = static_cast<std::size_t>(next - line.data());
    std::ranges::copy(std::span(line).first(size), before.last(size).begin());
    after[0] = '\r';
    after[1] = '\n';
    return size;
}

}  // namespace longwire::http
