#pragma once

#include "dialects/program/asked_question.hpp"
#include "dialects/program/program_members.hpp"
#include "hub/publication.hpp"

#include <longwire/hub.hpp>

#include <memory>
#include <utility>

namespace longwire::dialects {

/// Reaches what only a hub has, and gives out.
class HubAccess {
public:
    /// What stands behind a hub, for whatever stands on it too.
    [[nodiscard]] static const std::shared_ptr<ProgramHub>& inside(const Hub& hub) noexcept {
        return hub.inside_;
    }
    [[nodiscard]] static AuthorizationRequest question(
        std::unique_ptr<AskedQuestion> asked) noexcept {
        return AuthorizationRequest(std::move(asked));
    }
    [[nodiscard]] static ChannelMessage message(hub::SharedPublication publication) noexcept {
        return ChannelMessage(std::move(publication));
    }
    [[nodiscard]] static Subscription subscription(std::shared_ptr<ProgramMember> member) noexcept {
        return Subscription(std::move(member));
    }
};

}  // namespace longwire::dialects
