#pragma once

#include "dialects/gate.hpp"

#include <utility>

namespace longwire::dialects {

/// Lets everyone do everything, for a server that only its own machine reaches. Whoever wants to
/// be somebody says so: `?user=NAME`.
class OpenGate final : public Gate {
public:
    /// `rule` holds for all channels.
    explicit OpenGate(access::ChannelRule rule)
        : rule_(std::make_shared<const access::ChannelRule>(std::move(rule))) {}

    Verdict identify(const Request& request, Visitor& visitor) override;
    std::optional<Verdict> judge(const Visitor& /*visitor*/, Deed /*deed*/,
                                 const std::string& /*channel*/) override {
        return Verdict{};
    }
    void ask(const Visitor& /*visitor*/, Deed /*deed*/, const std::string& /*channel*/,
             std::move_only_function<void(Verdict)> answer) override {
        answer({});
    }
    std::shared_ptr<const access::ChannelRule> rule_of(const std::string& /*channel*/) override {
        return rule_;
    }
    std::uint64_t version() const noexcept override { return 0; }

private:
    std::shared_ptr<const access::ChannelRule> rule_;
};

}  // namespace longwire::dialects
