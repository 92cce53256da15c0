#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

namespace longwire::ops {

/// A whole number; nothing for any other text.
[[nodiscard]] std::optional<std::size_t> parse_count(std::string_view text) noexcept;

/// "65536", "64KiB", "1MiB", "2GiB", "10kB", "1MB": a size in bytes. Nothing where it is not one,
/// or too large to be counted.
[[nodiscard]] std::optional<std::size_t> parse_size(std::string_view text) noexcept;

/// "10s", "500ms", "2m", "1h", "10" (seconds): up to 24 days. Nothing where it is not a time.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_duration(
    std::string_view text) noexcept;

/// "10", "0.5": seconds, up to a day. Nothing where it is not a time.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_seconds(
    std::string_view text) noexcept;

}  // namespace longwire::ops
