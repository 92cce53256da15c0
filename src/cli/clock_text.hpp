#pragma once

#include <string>

namespace longwire::cli {

/// Now, as RFC 3339 writes it, in UTC with milliseconds: "2026-01-31T12:00:00.000Z".
[[nodiscard]] std::string time_in_full();

/// Now, as the clock on the wall: "12:00:00.000".
[[nodiscard]] std::string time_of_day();

}  // namespace longwire::cli
