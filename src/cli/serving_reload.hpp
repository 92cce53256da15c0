#pragma once

#include "cli/serve.hpp"
#include "dialects/pusher/pusher.hpp"
#include "dialects/rules_gate.hpp"
#include "hooks/http_caller.hpp"
#include "hub/memory_broker.hpp"
#include "ops/access_log.hpp"
#include "ops/exposition.hpp"
#include "ops/service_manager.hpp"

#include <longwire/server.hpp>
#include <longwire/task.hpp>

#include <atomic>
#include <cstdint>

namespace longwire::cli {

/// How reading all of it again has gone. Any thread.
class ReloadCounts {
public:
    void add(bool good) noexcept;
    void describe(ops::Exposition& exposition) const;

private:
    std::atomic<std::uint64_t> good_ = 0;
    std::atomic<std::uint64_t> failed_ = 0;
    std::atomic<bool> latest_ = true;
};

/// What SIGHUP changes. All of it outlives the server's run.
struct Reloading {
    const ServeOptions& options;
    Server& server;
    hub::MemoryBroker& broker;
    dialects::RulesGate& gate;
    hooks::HttpCaller& caller;
    const ops::ServiceManager& manager;
    ReloadCounts& counts;
    dialects::pusher::Pusher* pusher = nullptr;  // null where there are no apps
    ops::AccessLog* access_log = nullptr;        // null where it is off
};

/// From here on a SIGHUP waits until it is asked for. Before there are other threads.
void hold_hangups();

/// Reads certificates, rules, keys, limits and apps again at each SIGHUP, as a renewal's hook sends
/// it; tells what needs another start. On the server's first loop.
Task<> reload_on_hangup(Reloading reloading);

}  // namespace longwire::cli
