#pragma once

#include "hub/hub.hpp"

#include <longwire/server.hpp>

namespace longwire::dialects::raw {

/// The dialect that needs no library: the URL is the channel. `/channels/NAME` on `server`: what a
/// member sends goes to every other member of NAME, and to itself with `?echo=1`.
class Raw final : public hub::Dialect {
public:
    /// `server` and `hub` must outlive the server's run.
    Raw(Server& server, hub::Hub& hub, const WebSocketOptions& options = {});

    void deliver(const hub::Publication& publication) override;

private:
    Server& server_;
};

}  // namespace longwire::dialects::raw
