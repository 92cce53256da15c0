#include "dialects/program/program_gate.hpp"

#include "dialects/json_text.hpp"
#include "dialects/program/asked_question.hpp"
#include "dialects/program/hub_access.hpp"
#include "engine/http/cross_origin.hpp"
#include "engine/log.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace longwire::dialects {

namespace {

constexpr std::size_t longest_name = 128;
constexpr std::size_t longest_info = 1024;
constexpr std::size_t most_pending = 16;  // of one connection

access::ChannelRule rule_from(const ChannelRule& rule) {
    access::ChannelRule made;
    made.pattern = rule.pattern;
    made.history_count = rule.history_count;
    made.history_age = rule.history_age;
    made.keeps_presence = rule.presence;
    made.last_message = rule.last_message;
    made.slow_reader = rule.slow_reader;
    return made;
}

ChannelAction action_from(Action action) noexcept {
    switch (action) {
        case Action::subscribe:
            return ChannelAction::subscribe;
        case Action::publish:
            return ChannelAction::publish;
        case Action::presence:
            return ChannelAction::presence;
        case Action::history:
            break;
    }
    return ChannelAction::history;
}

/// The handler itself is at fault; what it said, if it did, does not count.
Verdict fault(std::string_view which) {
    engine::log(LogLevel::warning, std::string(which) + " of a Hub threw an exception: " +
                                       std::string(engine::current_exception_words()));
    return {.status = 500, .reason = "The server failed to check your permission."};
}

}  // namespace

// (Both go out as a part of JSON.)
bool can_be_listed(const ChannelUser& user) {
    return user.name.size() <= longest_name && engine::is_utf8(user.name) &&
           user.info.size() <= longest_info && (user.info.empty() || is_json(user.info));
}

/// Of one connection, and so of one loop.
struct ProgramGate::Credentials {
    struct Pending {
        Action action;
        std::string channel;
        std::shared_ptr<PendingAnswer> answer;
    };
    ChannelUser user;
    // What `judge` has asked and got no answer to yet: `ask` waits for that one. (What nobody waits
    // for goes some time.)
    std::vector<Pending> pending;

    [[nodiscard]] std::vector<Pending>::iterator find(Action action, const std::string& channel) {
        return std::ranges::find_if(pending, [&](const Pending& one) {
            return one.action == action && one.channel == channel;
        });
    }
};

ProgramGate::ProgramGate(const std::vector<ChannelRule>& rules,
                         std::function<Result<ChannelUser>(const Request&)> authenticate,
                         std::function<void(AuthorizationRequest)> authorize)
    : closed_(std::make_shared<const access::ChannelRule>()),
      authenticate_(std::move(authenticate)),
      authorize_(std::move(authorize)) {
    for (const ChannelRule& rule : rules)
        rules_.push_back(std::make_shared<const access::ChannelRule>(rule_from(rule)));
}

std::shared_ptr<const access::ChannelRule> ProgramGate::find(const std::string& channel) const {
    for (const auto& rule : rules_)
        if (access::matches(rule->pattern, channel)) return rule;
    return nullptr;
}

std::shared_ptr<const access::ChannelRule> ProgramGate::rule_of(const std::string& channel) {
    auto rule = find(channel);
    return rule ? rule : closed_;
}

Verdict ProgramGate::authenticate(const Request& request, Visitor& visitor) {
    auto credentials = std::make_shared<Credentials>();
    visitor.address = std::string(request.client_address());
    visitor.credentials = credentials;
    if (!authenticate_) return {};
    try {
        auto user = authenticate_(request);
        if (!user) return {.status = 401, .reason = user.error().message()};
        credentials->user = std::move(*user);
    } catch (...) {
        return fault("authenticate");
    }
    const ChannelUser& user = credentials->user;
    if (!can_be_listed(user)) {
        engine::log(LogLevel::warning,
                    "HubOptions::authenticate returned a user that is not valid: " +
                        std::string(listing_rule));
        return {.status = 500, .reason = "The server failed to authenticate you."};
    }
    visitor.user = user.name;
    visitor.info = user.info;
    return {};
}

std::optional<Verdict> ProgramGate::judge(const Visitor& visitor, Action action,
                                          const std::string& channel) {
    if (!find(channel))
        return Verdict{.status = 403, .reason = "This channel is not available to clients."};
    if (!authorize_)
        return action == Action::subscribe
                   ? Verdict{}
                   : Verdict{.status = 403,
                             .reason = "Only the server may do this on this channel."};
    auto& its = *static_cast<Credentials*>(visitor.credentials.get());
    if (const auto asked = its.find(action, channel); asked != its.pending.end()) {
        auto given = asked->answer->given();
        if (given) its.pending.erase(asked);
        return given;
    }
    auto answer = std::make_shared<PendingAnswer>();
    try {
        authorize_(HubAccess::question(std::make_unique<AskedQuestion>(
            AskedQuestion{its.user, visitor.address, action_from(action), channel, answer})));
    } catch (...) {
        return fault("may");
    }
    if (auto given = answer->given()) return given;
    if (its.pending.size() >= most_pending) its.pending.erase(its.pending.begin());
    its.pending.push_back({action, channel, std::move(answer)});
    return std::nullopt;
}

void ProgramGate::ask(const Visitor& visitor, Action action, const std::string& channel,
                      std::move_only_function<void(Verdict)> answer) {
    auto& its = *static_cast<Credentials*>(visitor.credentials.get());
    if (its.find(action, channel) == its.pending.end())
        if (const auto verdict = judge(visitor, action, channel)) return answer(*verdict);
    const auto asked = its.find(action, channel);
    const auto pending = std::move(asked->answer);
    its.pending.erase(asked);
    pending->then(std::move(answer));
}

}  // namespace longwire::dialects
