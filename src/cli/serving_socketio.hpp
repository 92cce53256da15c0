#pragma once

#include "cli/serving.hpp"
#include "dialects/socketio/channels.hpp"

#include <memory>

namespace longwire::cli {

/// The channels for clients of Socket.IO. Null where they are turned off.
[[nodiscard]] std::unique_ptr<dialects::socketio::Channels> serve_socketio(const Serving& serving);

}  // namespace longwire::cli
