#pragma once

#include "dialects/hub_loops.hpp"
#include "dialects/pusher/pusher.hpp"
#include "dialects/raw/raw.hpp"
#include "dialects/socketio/channels.hpp"
#include "fickle_gate.hpp"
#include "hook.hpp"
#include "hooks/http_caller.hpp"
#include "hub/hub.hpp"
#include "hub/memory_broker.hpp"
#include "later.hpp"
#include "plan.hpp"
#include "program.hpp"
#include "watchdog.hpp"

#include <longwire/longwire.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <thread>

namespace longwire::stateful {

/// A server with all dialects, put together as `longwire serve` does it, and run by a thread of its
/// own.
class Served {
public:
    explicit Served(const Plan& plan);
    ~Served() = default;
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    /// What SIGHUP does: other rules, and other apps.
    void reload();
    void look() { watchdog_.look(); }
    /// How long a loop of it may let something wait on this machine, today.
    [[nodiscard]] std::chrono::milliseconds lag() const noexcept { return watchdog_.longest(); }

    /// What of the clients is left, on these channels too; empty where nothing is.
    [[nodiscard]] std::string left(const std::set<std::string>& channels);

    void drain(std::chrono::milliseconds within);
    [[nodiscard]] bool ended() const noexcept { return ended_; }
    /// Once it has ended.
    void join();

private:
    [[nodiscard]] std::string unbalanced() const;

    const Plan plan_;
    Later later_;
    Hook hook_;
    hooks::HttpCaller caller_;
    hub::MemoryBroker broker_;
    hub::Hub hub_{broker_, {.presence_grace = std::chrono::milliseconds(200)}};
    Server server_;
    dialects::HubLoops hub_loops_{server_, hub_};
    std::shared_ptr<dialects::Webhook> webhook_;
    dialects::RulesGate rules_;
    FickleGate gate_;
    dialects::raw::Raw raw_;
    dialects::pusher::Pusher pusher_;
    dialects::socketio::Channels channels_;
    Program program_;
    Watchdog watchdog_{hub_loops_};
    std::uint64_t version_ = 0;
    std::uint16_t port_ = 0;
    std::atomic<bool> ended_ = false;
    std::thread thread_;
};

}  // namespace longwire::stateful
