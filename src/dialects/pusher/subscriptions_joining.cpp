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
        recovery_.note_join(client.identities, hub_name, ref_of(client), Recovery::Clock::now());
    }
    hub::Hub::Joining joining = {.channel = hub_name, .member = client.id};
    if (goes_on)
        joining.history.since = goes_on->position;
    else if (kind_of(step.channel).cache)
        joining.history.last = cached_events;
    else if (gate_.rule_of(hub_name)->last_message)
        joining.history.last = 1;
    std::optional<std::string> user;
    if (its.member) {
        user = its.member->user;
        joining.who = hub::Presence{.user = its.member->user, .info = its.member->info};
    }
    hub_loops_.hub().join(
        std::move(joining), [this, step, hub_name, id = client.id, user = std::move(user),
                             goes_on](Result<hub::History> history) {
            Client* const there = clients_.find(step.client);
            const bool waits = there != nullptr && there->subscriptions.contains(step.channel) &&
                               there->subscriptions.at(step.channel).serial == step.serial;
            if (!waits) {
                if (history) hub_loops_.hub().leave(hub_name, id, user);
            } else if (!history) {
                refuse(*there, step.channel,
                       {"ServerError", 503, std::string(history.error().message())});
            } else {
                joined(*there, there->subscriptions.at(step.channel), step, std::move(*history),
                       goes_on);
            }
        });
}

void Subscriptions::joined(Client& client, Subscription& its, const Step& step,
                           hub::History history, const std::optional<Recovery::Left>& goes_on) {
    OnLoop& here = on_loops_[client.loop];
    const std::string hub_name = client.app->hub_name(step.channel);
    const auto [entry, is_new] = here.channels.try_emplace(hub_name);
    Channel& channel = entry->second;
    if (is_new) {
        channel.app = client.app;
        channel.name = step.channel;
        channel.topic = std::string(topic_prefix) + hub_name;
        channel.top = history.top;
    }
    ++channel.members;
    its.joined = true;
    its.joined_at = ++here.delivered;
    its.since = history.top;
    if (goes_on && !history.publications.empty()) {
        its.since = history.publications.front()->position();
        --its.since.offset;
    }
    if (client.app->settings.recover) note_flush(client.loop);
    channel.coming.push_back({.client = client.id.number,
                              .serial = step.serial,
                              .history = std::move(history),
                              .goes_on = goes_on,
                              .publications = {},
                              .changes = {}});
    if (its.member)
        list(client, step);
    else
        greet(step, {});
}

void Subscriptions::list(Client& client, const Step& step) {
    hub_loops_.hub().presence(
        client.app->hub_name(step.channel),
        [this, step](const Result<std::vector<hub::Presence>>& present) {
            hub_loops_.loops().post(
                step.client.loop,
                [this, step, there = present.value_or(std::vector<hub::Presence>())]() mutable {
                    greet(step, std::move(there));
                });
        });
}

Subscriptions::Coming* Subscriptions::find_coming(Channel& channel, std::uint64_t client,
                                                  std::uint64_t serial) {
    const auto found = std::ranges::find_if(channel.coming, [&](const Coming& one) {
        return one.client == client && one.serial == serial;
    });
    return found == channel.coming.end() ? nullptr : &*found;
}

void Subscriptions::greet(const Step& step, std::vector<hub::Presence> present) {
    Client* const client = clients_.find(step.client);
    if (client == nullptr) return;
    Channel* const channel = find(client->loop, client->app->hub_name(step.channel));
    if (channel == nullptr) return;
    Coming* const coming = find_coming(*channel, step.client.number, step.serial);
    if (coming == nullptr) return;
    bring_up_to_date(present, coming->changes);
    coming->changes.clear();
    coming->greeted = true;
    client->line->send(kind_of(channel->name).presence
                           ? subscription_succeeded(step.channel, present)
                           : subscription_succeeded(step.channel));
    const hub::History history = std::exchange(coming->history, {});
    if (coming->goes_on)
        coming->publications.insert(coming->publications.begin(), history.publications.begin(),
                                    history.publications.end());
    else
        send_history(*client, *channel, history);
    catch_up(*client, client->subscriptions.at(step.channel), *channel, step.serial);
}

/// The last event, where a new subscriber is to get it.
void Subscriptions::send_history(Client& client, const Channel& channel,
                                 const hub::History& history) {
    const bool cache = kind_of(channel.name).cache;
    for (const auto& publication : std::views::reverse(history.publications)) {
        if (cache && is_clients_own(*publication)) continue;
        send(client, channel, *publication);
        return;
    }
    if (!cache) return;
    client.line->send(cache_miss(channel.name));
    if (client.app->notices(Notice::cache_miss))
        webhooks_->tell(client.app, channel_notice(Notice::cache_miss, channel.name));
}

void Subscriptions::catch_up(Client& client) {
    for (auto& [name, its] : client.subscriptions) {
        if (!its.joined || its.there) continue;
        if (Channel* const channel = find(client.loop, client.app->hub_name(name)))
            catch_up(client, its, *channel, its.serial);
    }
}

/// Sends what was missed as fast as it is taken; then the client is there.
void Subscriptions::catch_up(Client& client, Subscription& its, Channel& channel,
                             std::uint64_t serial) {
    Coming* const coming = find_coming(channel, client.id.number, serial);
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
    channel.coming.erase(channel.coming.begin() + (coming - channel.coming.data()));
    arrive(client, its, channel);
}

void Subscriptions::arrive(Client& client, Subscription& its, Channel& channel) {
    its.there = true;
    if (WebSocket* const socket = client.line->socket())
        socket->subscribe(channel.topic);
    else
        channel.without_topics.push_back(client.id.number);
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
