#pragma once

#include "cli/serve.hpp"
#include "dialects/gate.hpp"
#include "dialects/hub_loops.hpp"
#include "hooks/http_caller.hpp"

#include <longwire/server.hpp>

namespace longwire::cli {

/// What a server that is being set up consists of: what a dialect is built on. All of it outlives
/// the server's run, and the dialects.
struct Serving {
    const ServeOptions& options;
    Server& server;
    dialects::HubLoops& hub_loops;
    dialects::Gate& gate;
    hooks::HttpCaller& caller;
};

}  // namespace longwire::cli
