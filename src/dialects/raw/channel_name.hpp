#pragma once

#include <cstddef>
#include <string_view>

namespace longwire::dialects::raw {

inline constexpr std::size_t longest_channel_name = 200;

/// Whether a channel may have this name: 1 to 200 bytes without control characters.
[[nodiscard]] bool is_channel_name(std::string_view name) noexcept;

}  // namespace longwire::dialects::raw
