// Those of whom nothing is known have one object in common, until something is kept of one of them.
#include "dialects/rules_gate.hpp"
#include "access/json_web_token.hpp"

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

RulesGate::Policy policy_with_key(const std::string& secret) {
    RulesGate::Policy policy = policy_for_everybody();
    policy.keys.add(access::SigningKey::secret(secret).value());
    return policy;
}

TEST(RulesGate, ATokenThatComesAgainIsVerifiedByTheKeysOfNow) {
    const std::string before(32, 'a');
    const std::string now(32, 'b');
    const auto token = access::sign_token(R"({"sub":"ann"})", *access::SigningKey::secret(before));
    ASSERT_TRUE(token.has_value());
    RulesGate gate(policy_with_key(before));
    Visitor visitor;
    for (int count = 0; count < 3; ++count) {
        visitor.user.clear();
        EXPECT_EQ(gate.authenticate(*token, visitor).status, 200);
        EXPECT_EQ(visitor.user, "ann");
    }
    gate.replace(policy_with_key(now));
    EXPECT_EQ(gate.authenticate(*token, visitor).status, 401);
    EXPECT_EQ(gate.authenticate(*token, visitor).status, 401);
}

}  // namespace
}  // namespace longwire::dialects
