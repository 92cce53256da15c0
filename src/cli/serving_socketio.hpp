#pragma once

#include "cli/serve.hpp"
#include "dialects/gate.hpp"
#include "dialects/hub_loops.hpp"
#include "dialects/socketio/channels.hpp"
#include "ops/exposition.hpp"

#include <longwire/server.hpp>

#include <memory>

namespace longwire::cli {

/// The channels for clients of Socket.IO, by the options. Null where they are turned off.
[[nodiscard]] std::unique_ptr<dialects::socketio::Channels> serve_socketio(
    Server& server, dialects::HubLoops& hub_loops, dialects::Gate& gate,
    const ServeOptions& options);

/// Its figures.
void describe(dialects::socketio::Channels* channels, ops::Exposition& exposition);

}  // namespace longwire::cli
