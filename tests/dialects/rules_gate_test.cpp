// Those of whom nothing is known have one object in common, until something is kept of one of them.
#include "dialects/rules_gate.hpp"

#include <longwire/testing.hpp>

#include <gtest/gtest.h>

#include <string>

namespace longwire::dialects {
namespace {

RulesGate::Policy policy_for_everybody() {
    RulesGate::Policy policy;
    access::ChannelRule rule;
    rule.pattern = "*";
    rule.subscribe = rule.publish = access::Who::everyone;
    policy.rules.push_back(rule);
    return policy;
}

RulesGate::Policy policy_of_one_for_each() {
    RulesGate::Policy policy = policy_for_everybody();
    policy.rates.publish_per_connection = {.a_second = 0.001, .burst = 1};
    return policy;
}

Visitor visitor_of(RulesGate& gate) {
    Visitor visitor;
    const auto request = TestRequest{}.make();
    EXPECT_TRUE(request.has_value());
    EXPECT_TRUE(gate.authenticate(*request, visitor).allows());
    return visitor;
}

int status_of_publishing(RulesGate& gate, const Visitor& visitor) {
    const auto verdict = gate.judge(visitor, Action::publish, "news");
    return verdict ? verdict->status : 0;
}

TEST(RulesGate, WhoHasShownNothingCostsNothing) {
    RulesGate gate(policy_for_everybody());
    const Visitor one = visitor_of(gate);
    const Visitor other = visitor_of(gate);
    EXPECT_NE(one.credentials.get(), nullptr);
    EXPECT_EQ(one.credentials.get(), other.credentials.get());
    EXPECT_EQ(status_of_publishing(gate, one), 200);
    EXPECT_EQ(one.credentials.get(), other.credentials.get());
}

TEST(RulesGate, ARateOfAConnectionIsOfEachAlone) {
    RulesGate gate(policy_of_one_for_each());
    const Visitor one = visitor_of(gate);
    const Visitor other = visitor_of(gate);
    EXPECT_EQ(status_of_publishing(gate, one), 200);
    EXPECT_EQ(status_of_publishing(gate, one), 429);
    EXPECT_EQ(status_of_publishing(gate, other), 200);
    EXPECT_EQ(status_of_publishing(gate, other), 429);
}

TEST(RulesGate, ARateThatComesLaterIsOfEachAloneToo) {
    RulesGate gate(policy_for_everybody());
    const Visitor one = visitor_of(gate);
    const Visitor other = visitor_of(gate);
    for (int count = 0; count < 3; ++count) EXPECT_EQ(status_of_publishing(gate, one), 200);
    gate.replace(policy_of_one_for_each());
    EXPECT_EQ(status_of_publishing(gate, one), 200);
    EXPECT_EQ(status_of_publishing(gate, one), 429);
    EXPECT_EQ(status_of_publishing(gate, other), 200);
    EXPECT_EQ(status_of_publishing(gate, other), 429);
    EXPECT_NE(one.credentials.get(), other.credentials.get());
    EXPECT_EQ(status_of_publishing(gate, visitor_of(gate)), 200);
}

}  // namespace
}  // namespace longwire::dialects
