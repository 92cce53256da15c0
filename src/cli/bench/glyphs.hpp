#pragma once

#include <string_view>

namespace longwire::cli {

/// What a report is drawn with.
struct Glyphs {
    std::string_view bar;
    std::string_view microseconds;
};

/// Those that whoever reads can see: of Unicode where the locale is UTF-8, else of ASCII.
[[nodiscard]] const Glyphs& glyphs();

}  // namespace longwire::cli
