#pragma once

#include <chrono>
#include <string>

namespace longwire::ops {

/// RFC 3339, in UTC, to the millisecond: "2026-11-26T20:46:39.123Z".
[[nodiscard]] std::string universal_time(std::chrono::system_clock::time_point when);

}  // namespace longwire::ops
