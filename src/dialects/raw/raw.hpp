#pragma once

#include "hub/hub.hpp"

#include <longwire/server.hpp>

namespace longwire::dialects::raw {

/// The dialect that needs no library: the URL is the channel. Serves `/channels/NAME` on `server`:
/// what a member sends goes to every other member of NAME, and to itself with `?echo=1`. `hub`
/// must outlive the server's run.
void serve(Server& server, hub::Hub& hub, const WebSocketOptions& options = {});

}  // namespace longwire::dialects::raw
