#pragma once

#include "cli/serve.hpp"
#include "dialects/pusher/pusher.hpp"
#include "dialects/rules_gate.hpp"
#include "ops/admin.hpp"

#include <longwire/server.hpp>
#include <longwire/task.hpp>

#include <chrono>

namespace longwire::cli {

/// While this object lives, Ctrl-C and a service manager's SIGTERM end the server cleanly: the
/// first SIGTERM drains it for `within`, whatever comes next ends it at once.
class StopOnSignal {
public:
    StopOnSignal(Server& server, ops::Admin& admin, std::chrono::milliseconds within);
    ~StopOnSignal();
    StopOnSignal(const StopOnSignal&) = delete;
    StopOnSignal& operator=(const StopOnSignal&) = delete;
};

/// Reads certificates, rules, keys and apps again at each SIGHUP, as a renewal's hook sends it. On
/// the server's first loop; all must outlive the server's run. `pusher` may be null.
Task<> reload_on_hangup(Server& server, const ServeOptions& options, dialects::RulesGate& gate,
                        dialects::pusher::Pusher* pusher);

}  // namespace longwire::cli
