#pragma once

#include <cstddef>
#include <string_view>

namespace longwire::dialects::raw {

inline constexpr std::size_t longest_channel_name = 200;
inline constexpr std::string_view channel_name_rule =
    "A channel's name has 1 to 200 bytes, in UTF-8, and no control characters.";

/// Whether a channel may have this name: 1 to 200 bytes of UTF-8 without control characters. (It
/// goes out as a part of JSON, and of what is sent as text.)
[[nodiscard]] bool is_channel_name(std::string_view name) noexcept;

}  // namespace longwire::dialects::raw
