#pragma once

#include "cli/serving.hpp"
#include "dialects/pusher/pusher.hpp"

#include <memory>

namespace longwire::cli {

/// The apps of the configuration, for pusher-js, Laravel Echo and the like; null where there are
/// none.
[[nodiscard]] std::unique_ptr<dialects::pusher::Pusher> serve_pusher(const Serving& serving);

}  // namespace longwire::cli
