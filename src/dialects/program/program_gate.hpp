#pragma once

#include "access/channel_rule.hpp"
#include "dialects/gate.hpp"

#include <longwire/hub.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::dialects {

/// Whether others may be told of this user.
[[nodiscard]] bool can_be_listed(const ChannelUser& user);
inline constexpr std::string_view listing_rule =
    "a user's name has at most 128 bytes, in UTF-8, and their info is JSON of up to 1 KiB";

/// Lets people do what the program says, that the hub is part of.
class ProgramGate final : public Gate {
public:
    /// As the fields of HubOptions of these names.
    ProgramGate(const std::vector<ChannelRule>& rules,
                std::function<Result<ChannelUser>(const Request&)> authenticate,
                std::function<void(AuthorizationRequest)> authorize);

    Verdict authenticate(const Request& request, Visitor& visitor) override;
    std::optional<Verdict> judge(const Visitor& visitor, Action action,
                                 const std::string& channel) override;
    void ask(const Visitor& visitor, Action action, const std::string& channel,
             std::move_only_function<void(Verdict)> answer) override;
    std::shared_ptr<const access::ChannelRule> rule_of(const std::string& channel) override;
    std::uint64_t version() const noexcept override { return 1; }

private:
    struct Credentials;

    [[nodiscard]] std::shared_ptr<const access::ChannelRule> find(const std::string& channel) const;

    std::vector<std::shared_ptr<const access::ChannelRule>> rules_;
    std::shared_ptr<const access::ChannelRule> closed_;
    std::function<Result<ChannelUser>(const Request&)> authenticate_;
    std::function<void(AuthorizationRequest)> authorize_;
};

}  // namespace longwire::dialects
