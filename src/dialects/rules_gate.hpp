#pragma once

#include "access/channel_rule.hpp"
#include "access/claims.hpp"
#include "access/rate_limit.hpp"
#include "access/signing_key.hpp"
#include "access/verified_tokens.hpp"
#include "dialects/gate.hpp"
#include "dialects/webhook.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace longwire::dialects {

/// Lets people do what the rules of the channels say, by the tokens that they show.
class RulesGate final : public Gate {
public:
    struct Policy {
        std::vector<access::ChannelRule> rules;  // the first that matches counts
        access::KeySet keys;                     // of tokens
        access::ClaimsDemands demands;
        access::Rates rates;
        /// Whoever wants to be somebody says so: `?user=NAME`. For a server that has no keys.
        bool users_name_themselves = false;
        /// Asked where a rule says so, and who people are; null: nobody is.
        std::shared_ptr<Webhook> webhook;
    };

    explicit RulesGate(Policy policy);

    /// From now on this one counts, also for those who are there.
    void replace(Policy policy);

    Verdict authenticate(const Request& request, Visitor& visitor) override;
    Verdict authenticate(std::string_view token, Visitor& visitor) override;
    void introduce(const Visitor& visitor,
                   std::move_only_function<void(Verdict, Visitor)> answer) override;
    std::optional<Verdict> judge(const Visitor& visitor, Action action,
                                 const std::string& channel) override;
    void ask(const Visitor& visitor, Action action, const std::string& channel,
             std::move_only_function<void(Verdict)> answer) override;
    void ask_to_publish(const Visitor& visitor, const std::string& channel, Message message,
                        std::move_only_function<void(Verdict)> answer) override;
    std::shared_ptr<const access::ChannelRule> rule_of(const std::string& channel) override;
    std::uint64_t version() const noexcept override { return version_; }

    /// Whether any rate bounds what is published.
    [[nodiscard]] bool limits_publishing() const noexcept {
        return limits_publishing_.load(std::memory_order_relaxed);
    }
    /// For what is no channel's, and bounded as if it were published: one message more. Refused
    /// with 429.
    [[nodiscard]] Verdict judge_rate(const Visitor& visitor);

private:
    struct State {
        explicit State(Policy from);
        [[nodiscard]] std::shared_ptr<const access::ChannelRule> find(
            const std::string& channel) const;

        Policy policy;
        std::vector<std::shared_ptr<const access::ChannelRule>> rules;
        access::VerifiedTokens verified_tokens;  // by the keys of this policy
        access::RateLimits by_user;
        access::RateLimits by_address;
        access::RateLimits requests;  // by address
    };
    struct Credentials;

    /// Of those of whom nothing is known: nobody writes to it.
    [[nodiscard]] static std::shared_ptr<void> nothing_known();
    /// Of the visitor alone, from now on.
    [[nodiscard]] static Credentials& own_credentials(const Visitor& visitor);
    [[nodiscard]] static std::shared_ptr<void> introduced(Visitor& visitor,
                                                          WebhookAnswer& answered);
    void ask_webhook(const Visitor& visitor, Action action, const std::string& channel,
                     std::optional<Message> message, std::move_only_function<void(Verdict)> answer);
    [[nodiscard]] std::shared_ptr<State> state() const;
    [[nodiscard]] static Verdict judge_rate(State& state, const Visitor& visitor);

    mutable std::mutex mutex_;
    std::shared_ptr<State> state_;
    std::atomic<std::uint64_t> version_ = 1;
    std::atomic<bool> limits_publishing_;
};

}  // namespace longwire::dialects
