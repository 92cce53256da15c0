#pragma once

#include "dialects/hub_loops.hpp"
#include "dialects/rules_gate.hpp"
#include "hub/hub.hpp"
#include "hub/memory_broker.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>
#include <longwire/longwire.hpp>

#include <chrono>
#include <string_view>

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

/// A server with several loops that are joined to a hub. What is served is a member of the test
/// itself; the server runs once all of them are there.
template <class Broker = hub::MemoryBroker>
struct RunningHub : testing::Test {
    void SetUp() override {
        set_log_sink([](LogLevel, std::string_view) {});
        running.start();
    }
    void TearDown() override {
        running.stop();
        set_log_sink({});
    }

    Broker broker;
    hub::Hub hub{broker, {.presence_grace = std::chrono::milliseconds(0)}};
    RunningServer running{{.threads = 3}};
    HubLoops hub_loops{running.server, hub};
    RulesGate gate{open_policy()};
};

}  // namespace longwire::dialects
