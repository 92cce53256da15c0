#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::dialects::pusher {

inline constexpr std::size_t most_parameters = 100;

/// The names and values of a query, decoded, in their order; beyond 100 the rest is left out.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> read_parameters(
    std::string_view query);

}  // namespace longwire::dialects::pusher
