#include "dialects/rules_gate.hpp"

#include "access/json_web_token.hpp"
#include "engine/http/cross_origin.hpp"
#include "http/ip_address.hpp"

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

namespace longwire::dialects {

namespace {

using access::ChannelRule;
using access::Who;

/// For channels that no rule is for.
const std::shared_ptr<const ChannelRule>& closed_rule() {
    static const auto rule = std::make_shared<const ChannelRule>([] {
        ChannelRule closed;
        closed.subscribe = Who::nobody;
        return closed;
    }());
    return rule;
}

Who who_may(const ChannelRule& rule, Action action) noexcept {
    switch (action) {
        case Action::subscribe:
            return rule.subscribe;
        case Action::publish:
            return rule.publish;
        case Action::presence:
            return rule.presence;
        case Action::history:
            break;
    }
    return rule.history;
}

std::string_view words_of(Action action) noexcept {
    switch (action) {
        case Action::subscribe:
            return "subscribe to";
        case Action::publish:
            return "publish on";
        case Action::presence:
            return "read the presence of";
        case Action::history:
            break;
    }
    return "read the history of";
}

Verdict refused(int status, Action action, std::string_view why) {
    return {.status = status,
            .reason = "You may not " + std::string(words_of(action)) +
                      " this channel: " + std::string(why)};
}

std::string_view name_of(Action action) noexcept {
    switch (action) {
        case Action::subscribe:
            return "subscribe";
        case Action::publish:
            return "publish";
        case Action::presence:
            return "presence";
        case Action::history:
            break;
    }
    return "history";
}

std::string_view claims_of(const std::optional<access::Claims>& claims) noexcept {
    return claims ? std::string_view(claims->json) : std::string_view();
}

Verdict nobody_answers() {
    return {.status = 503,
            .reason = "The server cannot check your permission now. Try again later."};
}

Verdict verdict_of(const Result<WebhookAnswer>& answered, const std::string& refusal) {
    if (!answered) return nobody_answers();
    if (!answered->allow)
        return {.status = 403,
                .reason = refusal + (answered->reason.empty() ? "." : ": " + answered->reason)};
    Verdict verdict;
    if (const auto holds = answered->expires_in)
        verdict.expires =
            std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now()) + *holds;
    return verdict;
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

}  // namespace

/// What somebody has shown. Of one connection, and so of one loop, but for what is under the mutex.
struct RulesGate::Credentials {
    std::optional<access::Claims> claims;
    access::RateLimit published;
    std::string shown_headers = {};  // to a webhook, JSON
    bool introduced = false;

    /// What a webhook has granted for some time.
    struct Grant {
        Action action;
        std::string channel;
        std::chrono::sys_seconds until;
    };
    static constexpr std::size_t most_grants = 64;
    std::mutex mutex = {};
    std::vector<Grant> grants = {};

    [[nodiscard]] std::optional<Grant> find(Action action, const std::string& channel) {
        const std::scoped_lock lock(mutex);
        std::erase_if(grants, [now = std::chrono::system_clock::now()](const Grant& grant) {
            return grant.until <= now;
        });
        for (const Grant& grant : grants)
            if (grant.action == action && grant.channel == channel) return grant;
        return std::nullopt;
    }
    void keep(Grant grant) {
        const std::scoped_lock lock(mutex);
        if (grants.size() < most_grants) grants.push_back(std::move(grant));
    }
};

std::shared_ptr<void> RulesGate::nothing_known() {
    static Credentials nothing;
    // (It is not counted, by whichever thread.)
    return {std::shared_ptr<void>(), &nothing};
}

RulesGate::Credentials& RulesGate::own_credentials(const Visitor& visitor) {
    if (visitor.credentials == nothing_known())
        visitor.credentials = std::make_shared<Credentials>();
    return *static_cast<Credentials*>(visitor.credentials.get());
}

RulesGate::State::State(Policy from)
    : policy(std::move(from)),
      by_user(policy.rates.publish_per_user),
      by_address(policy.rates.publish_per_address),
      requests(policy.rates.requests_per_address) {
    for (const ChannelRule& rule : policy.rules)
        rules.push_back(std::make_shared<const ChannelRule>(rule));
}

std::shared_ptr<const ChannelRule> RulesGate::State::find(const std::string& channel) const {
    for (const auto& rule : rules)
        if (access::matches(rule->pattern, channel)) return rule;
    return closed_rule();
}

namespace {

bool limits(const access::Rates& rates) noexcept {
    return rates.publish_per_connection.a_second > 0 || rates.publish_per_user.a_second > 0 ||
           rates.publish_per_address.a_second > 0;
}

}  // namespace

RulesGate::RulesGate(Policy policy)
    : state_(std::make_shared<State>(std::move(policy))),
      limits_publishing_(limits(state_->policy.rates)) {}

std::shared_ptr<RulesGate::State> RulesGate::state() const {
    const std::scoped_lock lock(mutex_);
    return state_;
}

void RulesGate::replace(Policy policy) {
    auto made = std::make_shared<State>(std::move(policy));
    limits_publishing_ = limits(made->policy.rates);
    {
        const std::scoped_lock lock(mutex_);
        state_ = std::move(made);
    }
    ++version_;
}

Verdict RulesGate::authenticate(const Request& request, Visitor& visitor) {
    const auto state = this->state();
    visitor.address.assign(request.client_address());
    if (state->policy.rates.requests_per_address.a_second > 0 &&
        !state->requests.take(http::counted_address(visitor.address),
                              access::RateLimit::Clock::now()))
        return {.status = 429, .reason = "Too many requests. Wait and try again."};
    visitor.credentials = nothing_known();
    if (const auto& webhook = state->policy.webhook) {
        visitor.to_introduce = webhook->asks_who();
        own_credentials(visitor).shown_headers = webhook->shown_headers(request);
    }
    if (const auto token = token_of(request)) return authenticate(*token, visitor);
    if (state->policy.users_name_themselves) {
        visitor.user = request.query("user").value_or("");
        // (It goes out as a part of JSON.)
        if (visitor.user.size() > longest_user || !engine::is_utf8(visitor.user))
            return {.status = 400, .reason = "A user's name has at most 128 bytes, in UTF-8."};
    }
    return {};
}

Verdict RulesGate::authenticate(std::string_view token, Visitor& visitor) {
    const auto state = this->state();
    auto claims = access::verify_token(token, state->policy.keys, state->verified_tokens,
                                       state->policy.demands, std::chrono::system_clock::now());
    if (!claims) return {.status = 401, .reason = claims.error().message()};
    visitor.user = claims->user;
    visitor.info = claims->info;
    visitor.expires = claims->expires;
    // What lets a token in that is a little too old lets it stay until then.
    if (visitor.expires) *visitor.expires += state->policy.demands.leeway;
    // (How much was published stays what it was.)
    auto credentials = std::make_shared<Credentials>();
    if (const auto* const before = static_cast<const Credentials*>(visitor.credentials.get())) {
        credentials->published = before->published;
        credentials->shown_headers = before->shown_headers;
    }
    credentials->claims = std::move(*claims);
    visitor.credentials = std::move(credentials);
    return {};
}

std::optional<Verdict> RulesGate::judge(const Visitor& visitor, Action action,
                                        const std::string& channel) {
    const auto state = this->state();
    const auto& its = *static_cast<const Credentials*>(visitor.credentials.get());
    const auto& claims = its.claims;
    if (visitor.to_introduce && !its.introduced)
        return refused(401, action, "the server has not authenticated you yet.");
    // (In seconds, in which no date is too far.)
    if (visitor.expires && std::chrono::floor<std::chrono::seconds>(
                               std::chrono::system_clock::now()) >= *visitor.expires)
        return refused(401, action, "your token has expired.");
    switch (who_may(*state->find(channel), action)) {
        case Who::nobody:
            return refused(403, action, "its rule allows no client.");
        case Who::everyone:
            break;
        case Who::user:
            if (!claims) return refused(401, action, "a token is required.");
            break;
        case Who::token: {
            if (!claims) return refused(401, action, "a token is required.");
            const bool granted = action == Action::publish ? claims->may_publish(channel)
                                                           : claims->may_subscribe(channel);
            if (!granted) return refused(403, action, "your token does not allow it.");
            break;
        }
        case Who::webhook:
            if (const auto grant = own_credentials(visitor).find(action, channel)) {
                Verdict verdict =
                    action == Action::publish ? judge_rate(*state, visitor) : Verdict{};
                if (verdict.allows()) verdict.expires = grant->until;
                return verdict;
            }
            return std::nullopt;
    }
    return action == Action::publish ? judge_rate(*state, visitor) : Verdict{};
}

Verdict RulesGate::judge_rate(const Visitor& visitor) {
    return judge_rate(*state(), visitor);
}

Verdict RulesGate::judge_rate(State& state, const Visitor& visitor) {
    if (!limits(state.policy.rates)) return {};
    const auto now = access::RateLimit::Clock::now();
    if (own_credentials(visitor).published.take(state.policy.rates.publish_per_connection, now) &&
        (visitor.user.empty() || state.by_user.take(visitor.user, now)) &&
        state.by_address.take(http::counted_address(visitor.address), now))
        return {};
    return {.status = 429, .reason = "You publish too fast. Wait and try again."};
}

// ---- asking -------------------------------------------------------------------------------------

void RulesGate::introduce(const Visitor& visitor,
                          std::move_only_function<void(Verdict, Visitor)> answer) {
    const auto webhook = state()->policy.webhook;
    if (webhook == nullptr || !webhook->asks_who()) return answer(nobody_answers(), visitor);
    const auto& shown = *static_cast<const Credentials*>(visitor.credentials.get());
    const WebhookQuestion question = {.what = "connect",
                                      .channel = {},
                                      .user = visitor.user,
                                      .info = visitor.info,
                                      .address = visitor.address,
                                      .claims = claims_of(shown.claims),
                                      .headers = shown.shown_headers};
    webhook->ask(question, [webhook, visitor = Visitor(visitor),
                            answer = std::move(answer)](Result<WebhookAnswer> answered) mutable {
        Verdict verdict = verdict_of(answered, "You may not connect");
        if (!verdict.allows()) return answer(std::move(verdict), std::move(visitor));
        // What was known before may be in use meanwhile.
        visitor.credentials = introduced(visitor, *answered);
        answer(std::move(verdict), std::move(visitor));
    });
}

/// With what `answered` says of them.
std::shared_ptr<void> RulesGate::introduced(Visitor& visitor, WebhookAnswer& answered) {
    const auto& before = *static_cast<const Credentials*>(visitor.credentials.get());
    auto now = std::make_shared<Credentials>();
    now->claims = before.claims;
    now->shown_headers = before.shown_headers;
    now->introduced = true;
    if (answered.user) visitor.user = *answered.user;
    if (answered.info) visitor.info = *answered.info;
    if (answered.user || answered.channels || answered.publish) {
        access::Claims claims = before.claims.value_or(access::Claims{});
        claims.user = visitor.user;
        if (answered.channels) claims.channels = std::move(*answered.channels);
        if (answered.publish) claims.publish = std::move(*answered.publish);
        now->claims = std::move(claims);
    }
    return now;
}

void RulesGate::ask(const Visitor& visitor, Action action, const std::string& channel,
                    std::move_only_function<void(Verdict)> answer) {
    ask_webhook(visitor, action, channel, std::nullopt, std::move(answer));
}

void RulesGate::ask_to_publish(const Visitor& visitor, const std::string& channel, Message message,
                               std::move_only_function<void(Verdict)> answer) {
    if (Verdict verdict = judge_rate(*state(), visitor); !verdict.allows())
        return answer(std::move(verdict));
    ask_webhook(visitor, Action::publish, channel, message, std::move(answer));
}

void RulesGate::ask_webhook(const Visitor& visitor, Action action, const std::string& channel,
                            std::optional<Message> message,
                            std::move_only_function<void(Verdict)> answer) {
    const auto webhook = state()->policy.webhook;
    if (webhook == nullptr || !webhook->asks_what()) return answer(nobody_answers());
    // (A grant may be kept in them.)
    const Credentials& shown = own_credentials(visitor);
    const WebhookQuestion question = {.what = name_of(action),
                                      .channel = channel,
                                      .user = visitor.user,
                                      .info = visitor.info,
                                      .address = visitor.address,
                                      .claims = claims_of(shown.claims),
                                      .headers = shown.shown_headers,
                                      .message = message};
    webhook->ask(
        question, [webhook, action, channel, credentials = visitor.credentials,
                   answer = std::move(answer)](const Result<WebhookAnswer>& answered) mutable {
            Verdict verdict = verdict_of(
                answered, "You may not " + std::string(words_of(action)) + " this channel");
            if (verdict.allows() && verdict.expires)
                static_cast<Credentials*>(credentials.get())
                    ->keep({.action = action, .channel = channel, .until = *verdict.expires});
            answer(std::move(verdict));
        });
}

std::shared_ptr<const ChannelRule> RulesGate::rule_of(const std::string& channel) {
    return state()->find(channel);
}

}  // namespace longwire::dialects
