#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::cli {

/// The addresses that "127.0.0.1-127.0.0.9,::1" stands for, in order; ranges are of IPv4 addresses.
/// At most 4,096, so that a slip of the hand is not the whole network. Errors say what is wrong.
[[nodiscard]] std::expected<std::vector<std::string>, std::string> parse_source_addresses(
    std::string_view text);

}  // namespace longwire::cli
