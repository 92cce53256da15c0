#pragma once

#include <longwire/task.hpp>

#include <chrono>
#include <functional>

namespace longwire::dialects {

/// Calls `step` again and again on the loop of this thread, `interval` apart, until it says that
/// there is nothing more to do. The first time is after one interval. An exception is logged, and
/// ends nothing. To be spawned.
[[nodiscard]] Task<> every(std::chrono::milliseconds interval, std::function<bool()> step);

}  // namespace longwire::dialects
