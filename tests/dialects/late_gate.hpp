#pragma once

#include "dialects/gate.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace longwire::dialects {

/// A gate that asks somebody who takes their time about all that another gate lets at once: until
/// the test says so.
class LateGate final : public Gate {
public:
    explicit LateGate(Gate& decides) : decides_(decides) {}

    Verdict authenticate(const Request& request, Visitor& visitor) override {
        return decides_.authenticate(request, visitor);
    }
    std::optional<Verdict> judge(const Visitor& /*visitor*/, Action /*action*/,
                                 const std::string& /*channel*/) override {
        return std::nullopt;
    }
    void ask(const Visitor& visitor, Action action, const std::string& channel,
             std::move_only_function<void(Verdict)> answer) override {
        const std::scoped_lock lock(mutex_);
        asked_.emplace_back([this, visitor, action, channel, answer = std::move(answer)](
                                const std::optional<Verdict>& given) mutable {
            answer(given ? *given : decides_.judge(visitor, action, channel).value_or(Verdict{}));
        });
    }
    std::shared_ptr<const access::ChannelRule> rule_of(const std::string& channel) override {
        return decides_.rule_of(channel);
    }
    [[nodiscard]] std::uint64_t version() const noexcept override { return decides_.version(); }

    [[nodiscard]] std::size_t asked() {
        const std::scoped_lock lock(mutex_);
        return asked_.size();
    }
    /// Left out: as the other gate does.
    void answer_all(const std::optional<Verdict>& given = std::nullopt) {
        std::vector<Asked> asked;
        {
            const std::scoped_lock lock(mutex_);
            asked.swap(asked_);
        }
        for (auto& answer : asked) answer(given);
    }

private:
    using Asked = std::move_only_function<void(const std::optional<Verdict>&)>;

    Gate& decides_;
    std::mutex mutex_;
    std::vector<Asked> asked_;
};

}  // namespace longwire::dialects
