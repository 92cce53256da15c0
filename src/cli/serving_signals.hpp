#pragma once

#include "ops/admin.hpp"
#include "ops/service_manager.hpp"

#include <longwire/server.hpp>

#include <chrono>

namespace longwire::cli {

/// While this object lives, Ctrl-C and a service manager's SIGTERM end the server cleanly: the
/// first SIGTERM drains it for `within`, whatever comes next ends it at once.
class StopOnSignal {
public:
    StopOnSignal(Server& server, ops::Admin& admin, const ops::ServiceManager& manager,
                 std::chrono::milliseconds within);
    ~StopOnSignal();
    StopOnSignal(const StopOnSignal&) = delete;
    StopOnSignal& operator=(const StopOnSignal&) = delete;

    /// For a SIGTERM that has not come yet.
    static void drain_for(std::chrono::milliseconds within) noexcept;
    /// Another process has the sockets now: ends the server as SIGTERM does, and leaves them to it.
    /// On the server's first loop.
    static void hand_over();
};

}  // namespace longwire::cli
