#pragma once

#include <string>
#include <string_view>

namespace longwire::cli {

/// What another side wrote, as a terminal may have it: what would steer the terminal, and bytes
/// that are not UTF-8, are spelled out. Line breaks too, so that it stays on its line.
[[nodiscard]] std::string harmless(std::string_view text);

/// The same with its line breaks; each further line begins with `indent`, so that none of them can
/// pass for a line of ours.
[[nodiscard]] std::string harmless_lines(std::string_view text, std::string_view indent);

}  // namespace longwire::cli
