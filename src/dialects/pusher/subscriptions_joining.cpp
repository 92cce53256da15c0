#include "dialects/pusher/event.hpp"
#include "dialects/pusher/subscriptions.hpp"

#include <longwire/longwire.hpp>

#include <algorithm>
#include <ranges>
#include <utility>

namespace longwire::dialects::pusher {

namespace {

// Of a cache channel, so that events of clients do not push out the last of the app's own.
constexpr std::size_t cached_events = 16;

bool is_clients_own(const hub::Publication& publication) {
    return publication.is_client_event();
}

/// `changes` are some of what has happened to `present` since, or maybe before: what the latest of
/// each user says counts.
void bring_up_to_date(std::vector<hub::Presence>& present,
                      const std::vector<hub::PresenceChange>& changes) {
    for (const hub::PresenceChange& change : changes) {
        std::erase_if(present,
                      [&](const hub::Presence& who) { return who.user == change.who.user; });
        if (change.kind != hub::PresenceChange::Kind::left) present.push_back(change.who);
    }
}

}  // namespace

void Subscriptions::join(Client& client, Subscription& its, const Step& step,
                         const std::optional<Recovery::Left>& goes_on) {
    const std::string hub_name = client.app->hub_name(step.channel);
    if (client.app->settings.recover) {
        know(client, its);
        recovery_.note_join(client.identities(), hub_name, ref_of(client), Recovery::Clock::now());
    }
    hub::Hub::Joining joining = {.channel = hub_name, .member = client.id};
    if (goes_on)
        joining.history.since = goes_on->position;
    else if (kind_of(step.channel).cache)
        joining.history.last = cached_events;
    else if (gate_.rule_of(hub_name)->last_message)
        joining.history.last = 1;
    auto mine = std::make_unique<Joining>(step, client.id, hub_name, std::nullopt, goes_on);
    if (its.member) {
        mine->user = its.member->user;
        joining.who = hub::Presence{.user = its.member->user, .info = its.member->info};
    }
    hub_loops_.hub().join(std::move(joining),
                          [this, mine = std::move(mine)](Result<hub::History> history) {
                              joined(*mine, std::move(history));
                          });
}

void Subscriptions::joined(const Joining& joining, Result<hub::History> history) {
    const Step& step = joining.step;
    Client* const client = clients_.find(step.client);
    Subscription* const its = client == nullptr ? nullptr : find(*client, step);
    if (its == nullptr) {
        if (history) hub_loops_.hub().leave(joining.hub_name, joining.client, joining.user);
    } else if (!history) {
        refuse(*client, step.channel, {"ServerError", 503, std::string(history.error().message())});
    } else {
        joined(*client, *its, joining, std::move(*history));
    }
}

void Subscriptions::joined(Client& client, Subscription& its, const Joining& joining,
                           hub::History history) {
    OnLoop& here = on_loops_[client.loop];
    LoopChannel* channel = here.channels.find(joining.hub_name);
    if (channel == nullptr) {
        channel = &here.channels.add(std::make_unique<LoopChannel>(client.app, joining.hub_name));
        if (client.app->settings.recover) channel->begin_log(history.top);
    }
    channel->add_member();
    its.channel = channel;
    its.joined_at = ++here.delivered;
    its.since = history.top;
    if (joining.goes_on && !history.publications.empty()) {
        its.since = history.publications.front()->position();
        --its.since.offset;
    }
    if (client.app->settings.recover) note_flush(client.loop);
    // (Nothing comes between.)
    if (!its.member && !joining.goes_on) {
        client.line->send(subscription_succeeded(channel->name()));
        send_history(client, *channel, history);
        return arrive(client, its);
    }
    channel->begin_coming({.client = client.id.number,
                           .serial = joining.step.serial,
                           .history = std::move(history),
                           .goes_on = joining.goes_on});
    if (its.member)
        list(joining);
    else
        greet(joining.step, {});
}

void Subscriptions::list(const Joining& joining) {
    hub_loops_.hub().presence(
        joining.hub_name,
        [this, step = joining.step](const Result<std::vector<hub::Presence>>& present) {
            hub_loops_.loops().post(
                step.client.loop,
                [this, step, there = present.value_or(std::vector<hub::Presence>())]() mutable {
                    greet(step, std::move(there));
                });
        });
}

void Subscriptions::greet(const Step& step, std::vector<hub::Presence> present) {
    Client* const client = clients_.find(step.client);
    if (client == nullptr) return;
    Subscription* const its = find(*client, step);
    if (its == nullptr || its->channel == nullptr) return;
    LoopChannel& channel = *its->channel;
    Coming* const coming = channel.find_coming(step.client.number, step.serial);
    if (coming == nullptr) return;
    bring_up_to_date(present, coming->changes);
    coming->changes.clear();
    coming->greeted = true;
    client->line->send(kind_of(channel.name()).presence
                           ? subscription_succeeded(step.channel, present)
                           : subscription_succeeded(step.channel));
    const hub::History history = std::exchange(coming->history, {});
    if (coming->goes_on)
        coming->publications.insert(coming->publications.begin(), history.publications.begin(),
                                    history.publications.end());
    else
        send_history(*client, channel, history);
    catch_up(*client, *its);
}

/// The last event, where a new subscriber is to get it.
void Subscriptions::send_history(Client& client, const LoopChannel& channel,
                                 const hub::History& history) {
    const bool cache = kind_of(channel.name()).cache;
    for (const auto& publication : std::views::reverse(history.publications)) {
        if (cache && is_clients_own(*publication)) continue;
        send(client, channel, *publication);
        return;
    }
    if (!cache) return;
    client.line->send(cache_miss(channel.name()));
    if (client.app->notices(Notice::cache_miss))
        webhooks_->tell(client.app, channel_notice(Notice::cache_miss, channel.name()));
}

void Subscriptions::catch_up(Client& client) {
    for (auto& [name, its] : client.subscriptions)
        if (its.channel != nullptr && !its.there) catch_up(client, its);
}

/// Sends what was missed as fast as it is taken; then the client is there.
void Subscriptions::catch_up(Client& client, Subscription& its) {
    LoopChannel& channel = *its.channel;
    Coming* const coming = channel.find_coming(client.id.number, its.serial);
    if (coming == nullptr || !coming->greeted) return;
    bool sent = false;
    while (!coming->publications.empty()) {
        if (!client.line->keeps_up()) {
            // What was sent in this turn leaves at its end. Otherwise the line tells when to go on.
            if (sent) clients_.with(ref_of(client), [this](Client& there) { catch_up(there); });
            return;
        }
        const auto publication = std::move(coming->publications.front());
        coming->publications.pop_front();
        const hub::MemberId publisher = publication->publisher();
        if (publisher == client.id || (coming->goes_on && publisher == coming->goes_on->member))
            continue;
        send(client, channel, *publication);
        sent = true;
    }
    channel.end_coming(client.id.number);
    arrive(client, its);
}

void Subscriptions::arrive(Client& client, Subscription& its) {
    its.there = true;
    if (WebSocket* const socket = client.line->socket())
        socket->subscribe(its.channel->topic());
    else
        its.channel->add_without_topic(client.id.number);
}

hub::HistoryRule Subscriptions::history_of(const App& app, std::string_view channel) const {
    const auto rule = gate_.rule_of(app.hub_name(channel));
    hub::HistoryRule history = {.count = rule->history_count, .age = rule->history_age};
    if (!kind_of(channel).cache) return history;
    history.age =
        history.count == 0 ? app.settings.cache_for : std::max(history.age, app.settings.cache_for);
    history.count = std::max(history.count, cached_events);
    return history;
}

}  // namespace longwire::dialects::pusher
