#pragma once

#include "cli/serving.hpp"
#include "dialects/raw/raw.hpp"

#include <memory>

namespace longwire::cli {

/// /channels/NAME for WebSocket, EventSource, long polls and POST.
[[nodiscard]] inline std::unique_ptr<dialects::raw::Raw> serve_raw(const Serving& serving) {
    return std::make_unique<dialects::raw::Raw>(serving.server, serving.hub_loops, serving.gate,
                                                serving.options.websocket);
}

}  // namespace longwire::cli
