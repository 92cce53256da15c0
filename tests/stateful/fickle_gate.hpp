#pragma once

#include "chance.hpp"
#include "dialects/rules_gate.hpp"
#include "engine/server_loops.hpp"
#include "later.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

namespace longwire::stateful {

/// The gate of `longwire serve`, and before some channels somebody who takes their time: what
/// stands between "asked-" and the next '-' of a channel's name says in which way.
///
///     soon     at once, in the same call       post     later in the turn
///     late     after some ms, another thread   slow     after a second or two
///     never    never                           refuse   late, and no
///     brief    yes, for a second or two        past     yes, until some seconds ago
///     throws   yes, briefly; asked again it throws
///     mixed    any of these
class FickleGate final : public dialects::Gate {
public:
    FickleGate(dialects::RulesGate& rules, const engine::ServerLoops& loops, Later& later,
               std::uint64_t seed)
        : rules_(rules), loops_(loops), later_(later), chance_(seed) {}

    dialects::Verdict authenticate(const Request& request, dialects::Visitor& visitor) override;
    dialects::Verdict authenticate(std::string_view token, dialects::Visitor& visitor) override {
        return rules_.authenticate(token, visitor);
    }
    void introduce(
        const dialects::Visitor& visitor,
        std::move_only_function<void(dialects::Verdict, dialects::Visitor)> answer) override;
    std::optional<dialects::Verdict> judge(const dialects::Visitor& visitor,
                                           dialects::Action action,
                                           const std::string& channel) override;
    void ask(const dialects::Visitor& visitor, dialects::Action action, const std::string& channel,
             std::move_only_function<void(dialects::Verdict)> answer) override;
    void ask_to_publish(const dialects::Visitor& visitor, const std::string& channel,
                        Message message,
                        std::move_only_function<void(dialects::Verdict)> answer) override;
    std::shared_ptr<const access::ChannelRule> rule_of(const std::string& channel) override {
        return rules_.rule_of(channel);
    }
    std::uint64_t version() const noexcept override { return rules_.version(); }

private:
    [[nodiscard]] std::string_view drawn_way();
    [[nodiscard]] std::uint64_t drawn(std::uint64_t least, std::uint64_t most);
    void answer_in(std::string_view way, std::move_only_function<void(dialects::Verdict)> answer);

    dialects::RulesGate& rules_;
    const engine::ServerLoops& loops_;
    Later& later_;
    std::mutex mutex_;
    simulation::Chance chance_;
    // Those of whom it was asked before, on channels where it throws.
    std::set<std::tuple<std::shared_ptr<void>, dialects::Action, std::string>> asked_;
};

}  // namespace longwire::stateful
