#pragma once

#include "ops/admin.hpp"
#include "ops/service_manager.hpp"

#include <longwire/server.hpp>
#include <longwire/task.hpp>

#include <chrono>

namespace longwire::cli {

/// While this object lives, Ctrl-C and a service manager's SIGTERM end the server cleanly: the
/// first SIGTERM has it drain, whatever comes next ends it at once.
class StopOnSignal {
public:
    /// How a SIGTERM is followed.
    struct Leaving {
        /// For so long all goes on, but for readiness: for a load balancer to notice.
        std::chrono::milliseconds delay = {};
        /// Then connections are closed over this time; 0: at once, as Ctrl-C does.
        std::chrono::milliseconds within = {};
    };
    StopOnSignal(Server& server, ops::Admin& admin, const ops::ServiceManager& manager,
                 const Leaving& leaving);
    ~StopOnSignal();
    StopOnSignal(const StopOnSignal&) = delete;
    StopOnSignal& operator=(const StopOnSignal&) = delete;

    /// For a SIGTERM that has not come yet.
    static void leave_by(const Leaving& leaving) noexcept;
    /// To be spawned on the server's first loop: leaves when the delay is over.
    static Task<> leave_after_delay();
    /// Another process has the sockets now: ends the server as SIGTERM does, and leaves them to it.
    /// On the server's first loop.
    static void hand_over();
};

}  // namespace longwire::cli
