#include "dialects/pusher/subscriptions.hpp"

#include <algorithm>
#include <utility>

namespace longwire::dialects::pusher {

std::vector<std::string> Subscriptions::identities_of(const Client& client,
                                                      const std::optional<ChannelData>& member) {
    const AppSettings& app = client.app->settings;
    std::vector<std::string> identities;
    const auto add = [&](std::string_view kind, const std::string& who) {
        if (!who.empty()) identities.push_back(app.id + std::string(kind) + who);
    };
    for (const KnownBy by : app.known_by) {
        if (by == KnownBy::cookie) add("\ncookie ", client.cookie);
        if (by == KnownBy::address) add("\naddress ", client.address);
        if (by != KnownBy::user) continue;
        if (member) add("\nuser ", member->user);
        if (client.user) add("\nuser ", client.user->id);
    }
    return identities;
}

void Subscriptions::know(Client& client, const Subscription& its) {
    for (std::string& identity : identities_of(client, its.member)) {
        if (std::ranges::find(client.identities, identity) != client.identities.end()) continue;
        recovery_.enter(identity, ref_of(client));
        client.identities.push_back(std::move(identity));
    }
}

void Subscriptions::claim(Client& client, Subscription& its, const Step& step) {
    if (!client.app->settings.recover) return join(client, its, step, std::nullopt);
    const auto identities = identities_of(client, its.member);
    if (const auto left =
            recovery_.claim(identities, client.app->hub_name(step.channel), Recovery::Clock::now()))
        return join(client, its, step, left);
    // Whose network has gone comes back before the old connection is known to be dead.
    std::vector<LoopRef> others;
    for (const std::string& identity : identities)
        for (const LoopRef& other : recovery_.others(identity, ref_of(client)))
            if (std::ranges::find(others, other) == others.end()) others.push_back(other);
    if (others.empty()) return join(client, its, step, std::nullopt);
    claim_of_others(step, std::move(others));
}

void Subscriptions::claim_of_others(const Step& step, std::vector<LoopRef> others) {
    if (others.empty()) {
        go_on(step, [this, step](Client& client, Subscription& its) {
            join(client, its, step, std::nullopt);
        });
        return;
    }
    const LoopRef ref = others.back();
    others.pop_back();
    hub_loops_.loops().post(ref.loop, [this, step, ref, others = std::move(others)]() mutable {
        Client* const other = clients_.find(ref);
        using Found = decltype(Client::subscriptions)::iterator;
        const Found found = other == nullptr ? Found() : other->subscriptions.find(step.channel);
        const bool stalls = other != nullptr && found != other->subscriptions.end() &&
                            found->second.there && found->second.claimed == 0 &&
                            !other->line->has_all() && !is_replaced(*other, step.channel);
        const auto position =
            stalls ? position_of(*other, step.channel, found->second) : std::nullopt;
        if (!position) return claim_of_others(step, std::move(others));
        found->second.claimed = on_loops_[ref.loop].delivered + 1;
        const Recovery::Left left = {.position = *position, .member = other->id};
        go_on(step, [this, step, left](Client& client, Subscription& its) {
            join(client, its, step, left);
        });
    });
}

/// What the client has got of a channel, as far as that is known.
std::optional<hub::Position> Subscriptions::position_of(const Client& client,
                                                        const std::string& name,
                                                        const Subscription& its) {
    const Channel* const channel = find(client.loop, client.app->hub_name(name));
    if (channel == nullptr) return std::nullopt;
    if (!its.there || client.confirmed < its.joined_at) return its.since;
    hub::Position position = channel->top;
    const auto next =
        std::ranges::upper_bound(channel->log, client.confirmed, {}, &Delivered::order);
    if (next != channel->log.end()) position.offset = next->offset - 1;
    return position;
}

void Subscriptions::confirm(Client& client) {
    if (client.app->settings.recover && client.line->has_all())
        confirm(client, on_loops_[client.loop].flushed);
}

void Subscriptions::confirm(Client& client, std::uint64_t upto) {
    if (!client.app->settings.recover) return;
    const std::uint64_t before = client.confirmed;
    client.confirmed = std::max(before, upto);
    if (client.confirmed == before) return;
    for (auto& [name, its] : client.subscriptions) {
        const Channel* const channel =
            its.there ? find(client.loop, client.app->hub_name(name)) : nullptr;
        if (channel == nullptr || channel->log.empty() || channel->log.back().order <= before)
            continue;
        // It has taken something: also one that was thought to be dead.
        client.last_sign = Recovery::Clock::now();
        if (client.confirmed > its.claimed) its.claimed = 0;
    }
}

bool Subscriptions::is_replaced(const Client& client, const std::string& name) const {
    return recovery_.replaced(client.identities, client.app->hub_name(name), ref_of(client),
                              std::max(client.last_sign, client.heard));
}

}  // namespace longwire::dialects::pusher
