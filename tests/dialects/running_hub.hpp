#pragma once

#include "dialects/hub_loops.hpp"
#include "dialects/rules_gate.hpp"
#include "hub/hub.hpp"
#include "hub/memory_broker.hpp"
#include "quiet_server.hpp"
#include "running_server.hpp"

#include <longwire/longwire.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>

namespace longwire::dialects {

/// Everybody may do everything, and every channel keeps much.
inline RulesGate::Policy open_policy() {
    RulesGate::Policy policy;
    access::ChannelRule rule;
    rule.publish = access::Who::everyone;
    rule.presence = access::Who::everyone;
    rule.history = access::Who::everyone;
    rule.history_count = 1000;
    rule.keeps_presence = true;
    policy.rules.push_back(rule);
    policy.users_name_themselves = true;
    return policy;
}

/// A server with several loops that are joined to a hub.
template <class Broker = hub::MemoryBroker>
struct RunningHub : QuietServer {
    [[nodiscard]] RunningServer& served() noexcept override { return running; }

    /// When every loop has done what it was told to.
    void await_turns() const {
        std::atomic<std::size_t> turned = 0;
        for (std::size_t loop = 0; loop < hub_loops.loops().count(); ++loop)
            hub_loops.loops().post(loop,
                                   [&, loop] { hub_loops.loops().post(loop, [&] { ++turned; }); });
        while (turned < hub_loops.loops().count())
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }

    Broker broker;
    hub::Hub hub{broker, {.presence_grace = std::chrono::milliseconds(0)}};
    RunningServer running{{.threads = 3}};
    HubLoops hub_loops{running.server, hub};
    RulesGate gate{open_policy()};
};

}  // namespace longwire::dialects
