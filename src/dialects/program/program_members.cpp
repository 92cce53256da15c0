#include "dialects/program/program_members.hpp"

#include "dialects/program/hub_access.hpp"
#include "engine/log.hpp"

#include <utility>

namespace longwire {

namespace dialects {

namespace {

constexpr std::size_t first_loop = 0;
// Their numbers are given on any thread, so they are others than those of connections.
constexpr std::uint64_t of_the_program = std::uint64_t{1} << 63U;

/// Calls one of the program's handlers, if there is one; its exceptions end here.
template <class Handler, class... Given>
void tell(const ProgramMember& member, const Handler& handler, const Given&... given) {
    if (!handler || member.left) return;
    try {
        handler(given...);
    } catch (...) {
        engine::log(LogLevel::warning,
                    "a handler of a subscription to " + member.channel +
                        " threw an exception: " + std::string(engine::current_exception_words()));
    }
}

}  // namespace

std::shared_ptr<ProgramMember> ProgramMembers::join(std::string channel, hub::HistoryQuery wanted,
                                                    std::optional<hub::Presence> who,
                                                    SubscriptionHandlers handlers) {
    auto member = std::make_shared<ProgramMember>();
    member->all = weak_from_this();
    member->channel = std::move(channel);
    member->id = {.outlet = hub_loops_.outlet_of(first_loop), .number = of_the_program | ++latest_};
    if (who) member->user = who->user;
    member->handlers = std::move(handlers);
    hub_loops_.hub().join(
        {.channel = member->channel,
         .member = member->id,
         .history = wanted,
         .who = std::move(who)},
        [this, member](Result<hub::History> history) { joined(member, std::move(history)); });
    return member;
}

void ProgramMembers::joined(const std::shared_ptr<ProgramMember>& member,
                            Result<hub::History> history) {
    const SubscriptionHandlers& handlers = member->handlers;
    if (!history) {
        tell(*member, handlers.on_begin, Result<ChannelHistory>(Failure(history.error())));
        return;
    }
    if (member->left) {
        hub_loops_.hub().leave(member->channel, member->id, member->user);
        return;
    }
    member->joined = true;
    by_channel_[member->channel].push_back(member);
    tell(*member, handlers.on_begin,
         Result<ChannelHistory>(ChannelHistory{
             .messages = {}, .position = to_text(history->top), .recovered = history->recovered}));
    for (const auto& publication : history->publications)
        tell(*member, handlers.on_message, HubAccess::message(publication));
}

void ProgramMembers::leave(const std::shared_ptr<ProgramMember>& member) {
    member->left = true;
    hub_loops_.loops().post(first_loop,
                            [self = shared_from_this(), member] { self->take_out(member); });
}

void ProgramMembers::take_out(const std::shared_ptr<ProgramMember>& member) {
    if (!member->joined) return;
    const auto found = by_channel_.find(member->channel);
    std::erase(found->second, member);
    if (found->second.empty()) by_channel_.erase(found);
    hub_loops_.hub().leave(member->channel, member->id, member->user);
}

void ProgramMembers::deliver(std::size_t loop, const hub::SharedPublication& publication) {
    if (loop != first_loop) return;
    const auto found = by_channel_.find(publication->channel());
    if (found == by_channel_.end()) return;
    for (const auto& member : found->second)
        tell(*member, member->handlers.on_message, HubAccess::message(publication));
}

void ProgramMembers::interrupt(std::size_t loop, const std::string& channel,
                               hub::Position position) {
    if (loop != first_loop) return;
    const auto found = by_channel_.find(channel);
    if (found == by_channel_.end()) return;
    for (const auto& member : found->second)
        tell(*member, member->handlers.on_begin,
             Result<ChannelHistory>(ChannelHistory{
                 .messages = {}, .position = to_text(position), .recovered = false}));
}

void ProgramMembers::announce(std::size_t loop, const hub::PresenceChange& change) {
    if (loop != first_loop) return;
    const auto found = by_channel_.find(change.channel);
    if (found == by_channel_.end()) return;
    const ChannelUser user = {.name = change.who.user, .info = change.who.info};
    for (const auto& member : found->second)
        tell(*member, member->handlers.on_presence, user,
             change.kind != hub::PresenceChange::Kind::left);
}

}  // namespace dialects

// ---- the public side ----------------------------------------------------------------------------

Subscription::Subscription(std::shared_ptr<dialects::ProgramMember> member) noexcept
    : member_(std::move(member)) {}

Subscription& Subscription::operator=(Subscription&& other) noexcept {
    leave();
    member_ = std::move(other.member_);
    return *this;
}

void Subscription::leave() noexcept {
    const auto member = std::exchange(member_, {});
    if (!member) return;
    if (const auto all = member->all.lock()) all->leave(member);
}

}  // namespace longwire
