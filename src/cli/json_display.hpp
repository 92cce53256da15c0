#pragma once

#include "cli/palette.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace longwire::cli {

/// `text` with a line for each member and element, its numbers and names as they were written.
/// Nothing where it is not an object or array of JSON, or nested more than 64 deep. Each line but
/// the first begins with `indent`. Whatever could steer a terminal is spelled out as JSON does it.
[[nodiscard]] std::optional<std::string> json_display(std::string_view text,
                                                      std::string_view indent,
                                                      const Palette& palette);

/// `text` as a string of JSON, quotes included. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string json_string(std::string_view text);

}  // namespace longwire::cli
