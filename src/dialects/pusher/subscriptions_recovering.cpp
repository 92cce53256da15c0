#include "dialects/pusher/subscriptions.hpp"

#include <algorithm>
#include <utility>

namespace longwire::dialects::pusher {

std::vector<std::string> Subscriptions::identities_of(const Client& client,
                                                      const ChannelData* member) {
    const AppSettings& app = client.app->settings;
    std::vector<std::string> identities;
    if (!client.known_as) return identities;
    const auto add = [&](std::string_view kind, const std::string& who) {
        if (!who.empty()) identities.push_back(app.id + std::string(kind) + who);
    };
    for (const KnownBy by : app.known_by) {
        if (by == KnownBy::cookie) add("\ncookie ", client.known_as->cookie);
        if (by == KnownBy::address) add("\naddress ", client.known_as->address);
        if (by != KnownBy::user) continue;
        if (member != nullptr) add("\nuser ", member->user);
        if (client.user) add("\nuser ", client.user->id);
    }
    return identities;
}

void Subscriptions::know(Client& client, const Subscription& its) {
    for (std::string& identity : identities_of(client, its.member.get())) {
        auto& known = client.known_as->identities;
        if (std::ranges::find(known, identity) != known.end()) continue;
        recovery_.enter(identity, ref_of(client));
        known.push_back(std::move(identity));
    }
}

void Subscriptions::claim(Client& client, Subscription& its, const Step& step) {
    if (!client.app->settings.recover) return join(client, its, step, std::nullopt);
    const auto identities = identities_of(client, its.member.get());
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
        using Found = SubscriptionsByName::iterator;
        const Found found = other == nullptr ? Found() : other->subscriptions.find(step.channel);
        const bool stalls = other != nullptr && found != other->subscriptions.end() &&
                            found->second.there && found->second.claimed == 0 &&
                            !other->line->has_all() && !is_replaced(*other, found->second);
        if (!stalls) return claim_of_others(step, std::move(others));
        found->second.claimed = on_loops_[ref.loop].delivered + 1;
        const Recovery::Left left = {.position = position_of(*other, found->second),
                                     .member = other->id};
        go_on(step, [this, step, left](Client& client, Subscription& its) {
            join(client, its, step, left);
        });
    });
}

/// What the client has got of a channel that it has joined, as far as that is known.
hub::Position Subscriptions::position_of(const Client& client, const Subscription& its) {
    if (!its.there || client.confirmed < its.joined_at) return its.since;
    return its.channel->position_at(client.confirmed).value_or(its.since);
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
        if (!its.there || !its.channel->delivered_after(before)) continue;
        // It has taken something: also one that was thought to be dead.
        client.last_sign = Recovery::Clock::now();
        if (client.confirmed > its.claimed) its.claimed = 0;
    }
}

bool Subscriptions::is_replaced(const Client& client, const Subscription& its) const {
    return recovery_.replaced(client.identities(), std::string(its.channel->hub_name()),
                              ref_of(client), std::max(client.last_sign, client.heard));
}

}  // namespace longwire::dialects::pusher
