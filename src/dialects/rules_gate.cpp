#include "dialects/rules_gate.hpp"

#include "access/json_web_token.hpp"

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

namespace longwire::dialects {

namespace {

using access::ChannelRule;
using access::Who;

constexpr std::size_t longest_user = 128;

/// For channels that no rule is for.
const std::shared_ptr<const ChannelRule>& closed_rule() {
    static const auto rule = std::make_shared<const ChannelRule>([] {
        ChannelRule closed;
        closed.subscribe = Who::nobody;
        return closed;
    }());
    return rule;
}

Who who_may(const ChannelRule& rule, Deed deed) noexcept {
    switch (deed) {
        case Deed::subscribe:
            return rule.subscribe;
        case Deed::publish:
            return rule.publish;
        case Deed::presence:
            return rule.presence;
        case Deed::history:
            break;
    }
    return rule.history;
}

std::string_view words_of(Deed deed) noexcept {
    switch (deed) {
        case Deed::subscribe:
            return "subscribe to";
        case Deed::publish:
            return "publish on";
        case Deed::presence:
            return "see who is on";
        case Deed::history:
            break;
    }
    return "read the history of";
}

Verdict refused(int status, Deed deed, std::string_view why) {
    return {.status = status,
            .reason = "You may not " + std::string(words_of(deed)) +
                      " this channel: " + std::string(why)};
}

/// `Authorization: Bearer` (RFC 6750, section 2.1), or `?token=` for browsers, which can set no
/// field of a WebSocket's or an EventSource's request.
std::optional<std::string> token_of(const Request& request) {
    constexpr std::string_view scheme = "bearer ";
    const std::string_view field = request.header("Authorization").value_or("");
    if (field.size() > scheme.size() && same_field_name(field.substr(0, scheme.size()), scheme))
        return std::string(field.substr(scheme.size()));
    return request.query("token");
}

std::string address_of(const Request& request) {
    const std::string_view peer = request.peer();
    return std::string(peer.substr(0, peer.rfind(':')));
}

}  // namespace

/// What somebody has shown. Of one connection, and so of one loop.
struct RulesGate::Credentials {
    std::optional<access::Claims> claims;
    access::RateLimit published;
};

RulesGate::State::State(Policy from)
    : policy(std::move(from)),
      by_user(policy.rates.publish_per_user),
      by_address(policy.rates.publish_per_address) {
    for (const ChannelRule& rule : policy.rules)
        rules.push_back(std::make_shared<const ChannelRule>(rule));
}

std::shared_ptr<const ChannelRule> RulesGate::State::find(const std::string& channel) const {
    for (const auto& rule : rules)
        if (access::matches(rule->pattern, channel)) return rule;
    return closed_rule();
}

RulesGate::RulesGate(Policy policy) : state_(std::make_shared<State>(std::move(policy))) {}

std::shared_ptr<RulesGate::State> RulesGate::state() const {
    const std::scoped_lock lock(mutex_);
    return state_;
}

void RulesGate::replace(Policy policy) {
    auto made = std::make_shared<State>(std::move(policy));
    {
        const std::scoped_lock lock(mutex_);
        state_ = std::move(made);
    }
    ++version_;
}

Verdict RulesGate::identify(const Request& request, Visitor& visitor) {
    const auto state = this->state();
    visitor.address = address_of(request);
    auto credentials = std::make_shared<Credentials>();
    visitor.credentials = credentials;
    if (const auto token = token_of(request)) return identify(*token, visitor);
    if (state->policy.users_name_themselves) {
        visitor.user = request.query("user").value_or("");
        if (visitor.user.size() > longest_user)
            return {.status = 400, .reason = "A user's name has at most 128 bytes."};
    }
    return {};
}

Verdict RulesGate::identify(std::string_view token, Visitor& visitor) {
    const auto state = this->state();
    auto claims = access::verify_token(token, state->policy.keys, state->policy.demands,
                                       std::chrono::system_clock::now());
    if (!claims) return {.status = 401, .reason = claims.error().message()};
    visitor.user = claims->user;
    visitor.info = claims->info;
    visitor.expires = claims->expires;
    // (How much was published stays what it was.)
    auto credentials = std::make_shared<Credentials>();
    if (visitor.credentials)
        credentials->published = static_cast<Credentials*>(visitor.credentials.get())->published;
    credentials->claims = std::move(*claims);
    visitor.credentials = std::move(credentials);
    return {};
}

std::optional<Verdict> RulesGate::judge(const Visitor& visitor, Deed deed,
                                        const std::string& channel) {
    const auto state = this->state();
    const auto& claims = static_cast<const Credentials*>(visitor.credentials.get())->claims;
    if (visitor.expires &&
        std::chrono::system_clock::now() - state->policy.demands.leeway >= *visitor.expires)
        return refused(401, deed, "your token has expired.");
    switch (who_may(*state->find(channel), deed)) {
        case Who::nobody:
            return refused(403, deed, "nobody may.");
        case Who::everyone:
            break;
        case Who::user:
            if (!claims) return refused(401, deed, "show a token.");
            break;
        case Who::token: {
            if (!claims) return refused(401, deed, "show a token.");
            const bool granted = deed == Deed::publish ? claims->may_publish(channel)
                                                       : claims->may_subscribe(channel);
            if (!granted) return refused(403, deed, "your token does not name it.");
        }
    }
    return deed == Deed::publish ? judge_rate(*state, visitor) : Verdict{};
}

Verdict RulesGate::judge_rate(State& state, const Visitor& visitor) {
    const auto now = access::RateLimit::Clock::now();
    auto& its = *static_cast<Credentials*>(visitor.credentials.get());
    if (its.published.take(state.policy.rates.publish_per_connection, now) &&
        (visitor.user.empty() || state.by_user.take(visitor.user, now)) &&
        state.by_address.take(visitor.address, now))
        return {};
    return {.status = 429, .reason = "You publish faster than you may. Wait a little."};
}

void RulesGate::ask(const Visitor& visitor, Deed deed, const std::string& channel,
                    std::move_only_function<void(Verdict)> answer) {
    answer(judge(visitor, deed, channel).value_or(Verdict{}));
}

std::shared_ptr<const ChannelRule> RulesGate::rule_of(const std::string& channel) {
    return state()->find(channel);
}

}  // namespace longwire::dialects
