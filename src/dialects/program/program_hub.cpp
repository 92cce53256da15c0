#include "dialects/program/program_hub.hpp"

#include "dialects/json_text.hpp"
#include "dialects/program/hub_access.hpp"
#include "dialects/raw/channel_name.hpp"
#include "engine/http/cross_origin.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace longwire::dialects {

namespace {

constexpr std::size_t longest_key = 200;
constexpr std::size_t longest_event = 200;

Error bad_channel(std::string_view name) {
    return {ErrorCode::invalid_argument,
            "\"" + std::string(name.substr(0, raw::longest_channel_name)) +
                "\" cannot be the name of a channel: give it 1 to 200 bytes of UTF-8, without a "
                "slash and control characters"};
}

/// Empty where nothing is.
std::string_view wrong_with(Message message, const PublishOptions& options) {
    if (options.idempotency_key.size() > longest_key)
        return "an idempotency key has at most 200 bytes";
    if (options.event.size() > longest_event || !engine::is_utf8(options.event))
        return "the name of an event has at most 200 bytes, in UTF-8";
    if (options.json && !(message.is_text() && is_json(message.text())))
        return "the message is not one value in JSON, as its options say";
    return {};
}

Result<hub::HistoryQuery> query_of(const HistoryQuery& wish) {
    hub::HistoryQuery query = {.since = std::nullopt, .last = wish.last};
    if (wish.since.empty()) return query;
    query.since = hub::parse_position(wish.since);
    if (!query.since)
        return failure(ErrorCode::invalid_argument,
                       "\"" + wish.since + "\" is not a position; pass one that the hub returned");
    return query;
}

/// (std::expected::transform, which g++ 12 has not.)
template <class T, class Make>
auto made_of(const Result<T>& result, Make&& make) -> Result<decltype(make(*result))> {
    if (!result) return Failure(result.error());
    return make(*result);
}

ChannelHistory history_of(const hub::History& history) {
    ChannelHistory made = {
        .messages = {}, .position = to_text(history.top), .recovered = history.recovered};
    made.messages.reserve(history.publications.size());
    for (const auto& publication : history.publications)
        made.messages.push_back(HubAccess::message(publication));
    return made;
}

std::vector<ChannelUser> users_of(const std::vector<hub::Presence>& present) {
    std::vector<ChannelUser> users;
    users.reserve(present.size());
    for (const hub::Presence& one : present) users.push_back({one.user, one.info});
    return users;
}

}  // namespace

bool is_program_channel(std::string_view name) noexcept {
    return raw::is_channel_name(name) && !name.contains('/');
}

ProgramHub::ProgramHub(Server& server, HubOptions options)
    : server_(server),
      broker_({.most_history_bytes = options.max_history}),
      hub_(broker_,
           {.presence_grace = options.presence_grace, .most_channels = options.max_channels}),
      hub_loops_(server, hub_),
      gate_(options.rules, std::move(options.authenticate), std::move(options.authorize)),
      raw_(server, hub_loops_, gate_, options.websocket),
      members_(std::make_shared<ProgramMembers>(hub_loops_)) {
    using std::chrono::milliseconds;
    hub_loops_.add(*members_);
    hub_loops_.tick_hub_every(
        std::clamp(options.presence_grace / 2, milliseconds(10), milliseconds(500)));
}

void ProgramHub::publish(std::string_view channel, Message message, PublishOptions options) {
    auto& told = options.on_published;
    if (!is_program_channel(channel)) {
        if (told) told(Failure(bad_channel(channel)));
        return;
    }
    if (const auto wrong = wrong_with(message, options); !wrong.empty()) {
        if (told) told(failure(ErrorCode::invalid_argument, std::string(wrong)));
        return;
    }
    const auto rule = gate_.rule_of(std::string(channel));
    hub::Broker::Answer<hub::Position> answer;
    if (told)
        answer = [told = std::move(told)](const Result<hub::Position>& position) {
            told(made_of(position, [](hub::Position where) { return to_text(where); }));
        };
    hub_.publish({.channel = channel,
                  .content = {.message = message,
                              .event = options.event,
                              .form = options.json ? hub::Form::json : hub::Form::plain},
                  .history = {.count = rule->history_count, .age = rule->history_age},
                  .idempotency_key = options.idempotency_key},
                 std::move(answer));
}

Subscription ProgramHub::subscribe(std::string_view channel, SubscriptionHandlers handlers,
                                   const HistoryQuery& history, ChannelUser as) {
    auto query = query_of(history);
    std::optional<Error> wrong;
    if (!query) wrong = query.error();
    if (!is_program_channel(channel)) wrong = bad_channel(channel);
    if (!can_be_listed(as)) wrong = Error(ErrorCode::invalid_argument, std::string(listing_rule));
    if (hub_loops_.loops().count() == 0)
        wrong = Error(ErrorCode::system,
                      "the server has no event loop for the handlers of a subscription");
    if (wrong) {
        // (Not within this call, and where all that is told of subscriptions is told.)
        if (handlers.on_begin)
            server_.post([told = std::move(handlers.on_begin), wrong = std::move(*wrong)] {
                told(Failure(wrong));
            });
        return {};
    }
    const auto rule = gate_.rule_of(std::string(channel));
    if (!query->since && query->last == 0 && rule->last_message) query->last = 1;
    std::optional<hub::Presence> who;
    if (rule->keeps_presence && !as.name.empty())
        who = hub::Presence{.user = std::move(as.name), .info = std::move(as.info)};
    return HubAccess::subscription(
        members_->join(std::string(channel), *query, std::move(who), std::move(handlers)));
}

void ProgramHub::history(std::string_view channel, const HistoryQuery& wish,
                         std::function<void(Result<ChannelHistory>)> answer) {
    const auto query = query_of(wish);
    if (!query) return answer(Failure(query.error()));
    if (!is_program_channel(channel)) return answer(Failure(bad_channel(channel)));
    hub_.history(std::string(channel), *query,
                 [answer = std::move(answer)](const Result<hub::History>& history) {
                     answer(made_of(history, history_of));
                 });
}

void ProgramHub::presence(std::string_view channel,
                          std::function<void(Result<std::vector<ChannelUser>>)> answer) {
    if (!is_program_channel(channel)) return answer(Failure(bad_channel(channel)));
    hub_.presence(std::string(channel),
                  [answer = std::move(answer)](const Result<std::vector<hub::Presence>>& present) {
                      answer(made_of(present, users_of));
                  });
}

HubCounts ProgramHub::counts() const {
    const auto counts = hub_.counts();
    return {.channels = counts.channels,
            .subscriptions = counts.members,
            .publications = counts.publications,
            .history_bytes = broker_.held().history_bytes};
}

}  // namespace longwire::dialects
