#include "dialects/pusher/subscriptions.hpp"

#include "dialects/encodings.hpp"
#include "dialects/pusher/event.hpp"
#include "dialects/pusher/signature.hpp"
#include "dialects/slow_reading.hpp"

#include <longwire/longwire.hpp>

#include <algorithm>
#include <chrono>
#include <ranges>
#include <utility>

namespace longwire::dialects::pusher {

namespace {

constexpr std::string_view topic_prefix = "pusher:";
// Of a cache channel, so that events of clients do not push out the last of the app's own.
constexpr std::size_t cached_events = 16;
// Of what was delivered on a channel: who had got less than that when they went gets all of it.
constexpr std::size_t longest_log = 4096;
// For one that has yet to get what it missed.
constexpr std::size_t most_waiting = 100'000;
constexpr int over_capacity = 4100;

const PreparedMessage& frame_of(const hub::Publication& publication, std::string_view channel,
                                std::string_view unnamed) {
    return publication.encoded<PreparedMessage>(pusher_frame, [&] {
        return PreparedMessage(Message::text(publication_event(publication, channel, unnamed)));
    });
}

bool is_clients_own(const hub::Publication& publication) {
    return publication.event().starts_with("client-");
}

/// `changes` are some of what has happened to `present` since, or maybe before: what the latest of
/// each user says counts.
void bring_up_to_date(std::vector<hub::Presence>& present,
                      const std::vector<hub::PresenceChange>& changes) {
    for (const hub::PresenceChange& change : changes) {
        std::erase_if(present,
                      [&](const hub::Presence& who) { return who.user == change.who.user; });
        if (change.kind == hub::PresenceChange::Kind::joined) present.push_back(change.who);
    }
}

}  // namespace

Subscriptions::Subscriptions(HubLoops& hub_loops, Gate& gate, ClientTable& clients,
                             Recovery& recovery, std::shared_ptr<Webhooks> webhooks)
    : hub_loops_(hub_loops),
      gate_(gate),
      clients_(clients),
      recovery_(recovery),
      webhooks_(std::move(webhooks)),
      on_loops_(hub_loops.loops().count()) {
    add_slow_reader_policy(hub_loops, gate, {topic_prefix});
}

// ---- coming -------------------------------------------------------------------------------------

void Subscriptions::subscribe(Client& client, const Subscribe& wanted) {
    if (client.subscriptions.contains(wanted.channel)) {
        client.line->send(
            error_event(0, "There is a subscription to this channel already.", wanted.channel));
        return;
    }
    if (const auto wrong = wrong_with(client, wanted))
        return refuse(client, wanted.channel, *wrong);
    Subscription its;
    its.serial = ++client.serials;
    const ChannelKind kind = kind_of(wanted.channel);
    if (kind.presence)
        if (const auto wrong = take_member(client, wanted, its))
            return refuse(client, wanted.channel, *wrong);
    const Step step = {.client = ref_of(client), .channel = wanted.channel, .serial = its.serial};
    client.subscriptions.emplace(wanted.channel, std::move(its));
    if (kind.authorized || kind.of_user)
        admit(client, step);
    else
        judge(client, step);
}

std::optional<Subscriptions::Wrong> Subscriptions::wrong_with(const Client& client,
                                                              const Subscribe& wanted) {
    const AppSettings& app = client.app->settings;
    if (!is_channel_name(wanted.channel))
        return Wrong{"InvalidChannelName", 400,
                     "A channel's name has 1 to 200 letters, digits and _ - = @ , . ;"};
    if (client.subscriptions.size() >= app.most_channels)
        return Wrong{
            "LimitReached", 403,
            "A connection may be on " + std::to_string(app.most_channels) + " channels at a time."};
    const ChannelKind kind = kind_of(wanted.channel);
    if (kind.of_user && (!client.user || client.user->id != user_of(wanted.channel)))
        return Wrong{"AuthError", 401, "Only that user may: sign in first."};
    if (kind.authorized &&
        !signed_by(wanted.auth, app.key, app.secret,
                   channel_text(client.socket_id, wanted.channel, wanted.channel_data)))
        return Wrong{"AuthError", 401,
                     "The signature is not that of this app's secret for this socket_id, channel "
                     "and channel_data."};
    return std::nullopt;
}

std::optional<Subscriptions::Wrong> Subscriptions::take_member(const Client& client,
                                                               const Subscribe& wanted,
                                                               Subscription& its) {
    if (wanted.channel_data.empty() && client.user) {
        its.member = ChannelData{.user = client.user->id, .info = client.user->info};
        return std::nullopt;
    }
    if (wanted.channel_data.size() > client.app->settings.largest_member)
        return Wrong{"LimitReached", 413,
                     "channel_data has at most " +
                         std::to_string(client.app->settings.largest_member) + " bytes."};
    auto member = read_channel_data(wanted.channel_data);
    if (!member) return Wrong{"InvalidChannelData", 400, std::string(member.error())};
    its.member = std::move(*member);
    return std::nullopt;
}

void Subscriptions::refuse(Client& client, const std::string& channel, const Wrong& wrong) {
    const std::string name = channel.substr(0, longest_name);
    client.subscriptions.erase(channel);
    client.line->send(subscription_error(name, wrong.type, wrong.sentence, wrong.status));
}

/// On the client's loop, soon, unless it has unsubscribed or gone by then. Any thread.
void Subscriptions::go_on(const Step& step, Then then) {
    clients_.with(step.client, [step, then = std::move(then)](Client& client) mutable {
        const auto found = client.subscriptions.find(step.channel);
        if (found != client.subscriptions.end() && found->second.serial == step.serial)
            then(client, found->second);
    });
}

void Subscriptions::judge(Client& client, const Step& step) {
    const std::string hub_name = client.app->hub_name(step.channel);
    const auto take = [this, step](Client& there, const Verdict& verdict) {
        if (verdict.allows())
            admit(there, step);
        else
            refuse(there, step.channel, {"AuthError", verdict.status, verdict.reason});
    };
    if (const auto verdict = gate_.judge(client.visitor, Deed::subscribe, hub_name))
        return take(client, *verdict);
    gate_.ask(client.visitor, Deed::subscribe, hub_name, [this, step, take](Verdict verdict) {
        go_on(step, [take, verdict = std::move(verdict)](Client& there, Subscription& /*its*/) {
            take(there, verdict);
        });
    });
}

void Subscriptions::admit(Client& client, const Step& step) {
    Subscription& its = client.subscriptions.find(step.channel)->second;
    if (its.member)
        count_members(client, step);
    else
        claim(client, its, step);
}

void Subscriptions::count_members(Client& client, const Step& step) {
    hub_loops_.hub().presence(
        client.app->hub_name(step.channel),
        [this, step](const Result<std::vector<hub::Presence>>& present) {
            std::vector<hub::Presence> there = present ? *present : std::vector<hub::Presence>();
            go_on(step, [this, step, there = std::move(there)](Client& joins, Subscription& its) {
                const std::size_t most = joins.app->settings.most_members;
                const bool known = std::ranges::any_of(
                    there, [&](const hub::Presence& who) { return who.user == its.member->user; });
                if (known || there.size() < most) return claim(joins, its, step);
                refuse(joins, step.channel,
                       {"LimitReached", 403,
                        "A presence channel has at most " + std::to_string(most) + " members."});
            });
        });
}

// ---- going on where one was ---------------------------------------------------------------------

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
    std::vector<ClientRef> others;
    for (const std::string& identity : identities)
        for (const ClientRef& other : recovery_.others(identity, ref_of(client)))
            if (std::ranges::find(others, other) == others.end()) others.push_back(other);
    if (others.empty()) return join(client, its, step, std::nullopt);
    claim_of_others(step, std::move(others));
}

void Subscriptions::claim_of_others(const Step& step, std::vector<ClientRef> others) {
    if (others.empty()) {
        go_on(step, [this, step](Client& client, Subscription& its) {
            join(client, its, step, std::nullopt);
        });
        return;
    }
    const ClientRef ref = others.back();
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

// ---- joining ------------------------------------------------------------------------------------

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
        client.line->send(
            publication_event(*publication, channel.name, channel.app->settings.unnamed_event));
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
        client.line->send(
            publication_event(*publication, channel.name, channel.app->settings.unnamed_event));
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

// ---- going --------------------------------------------------------------------------------------

void Subscriptions::unsubscribe(Client& client, std::string_view channel) {
    const auto found = client.subscriptions.find(channel);
    if (found == client.subscriptions.end()) return;
    leave(client, found->first, found->second);
    client.subscriptions.erase(found);
}

void Subscriptions::leave(Client& client, const std::string& name, const Subscription& its) {
    // (Who has not joined yet is not waited for: see `join`.)
    if (!its.joined) return;
    const std::string hub_name = client.app->hub_name(name);
    if (Channel* const channel = find(client.loop, hub_name)) {
        std::erase_if(channel->coming,
                      [&](const Coming& one) { return one.client == client.id.number; });
        if (WebSocket* const socket = client.line->socket())
            socket->unsubscribe(channel->topic);
        else
            std::erase(channel->without_topics, client.id.number);
        if (--channel->members == 0) on_loops_[client.loop].channels.erase(hub_name);
    }
    hub_loops_.hub().leave(
        hub_name, client.id,
        its.member ? std::optional<std::string>(its.member->user) : std::nullopt);
}

void Subscriptions::leave_all(Client& client, bool comes_back) {
    const AppSettings& app = client.app->settings;
    if (app.recover && comes_back) {
        confirm(client);
        Recovery::Positions positions;
        for (const auto& [name, its] : client.subscriptions) {
            if (!its.joined || its.claimed != 0 || is_replaced(client, name)) continue;
            if (const auto position = position_of(client, name, its))
                positions[client.app->hub_name(name)] = {.position = *position,
                                                         .member = client.id};
        }
        recovery_.remember(client.identities, std::move(positions),
                           Recovery::Clock::now() + app.recover_for);
    }
    for (const std::string& identity : client.identities) recovery_.leave(identity, ref_of(client));
    for (const auto& [name, its] : client.subscriptions) leave(client, name, its);
    client.subscriptions.clear();
}

// ---- what happens -------------------------------------------------------------------------------

Subscriptions::Channel* Subscriptions::find(std::size_t loop, const std::string& hub_name) {
    const auto found = on_loops_[loop].channels.find(hub_name);
    return found == on_loops_[loop].channels.end() ? nullptr : &found->second;
}

Client* Subscriptions::client_of(std::size_t loop, hub::MemberId id) {
    if (id.number == 0 || id.outlet != hub_loops_.outlet_of(loop)) return nullptr;
    return clients_.find({.loop = loop, .number = id.number});
}

void Subscriptions::deliver(std::size_t loop, const hub::SharedPublication& publication) {
    Channel* const channel = find(loop, publication->channel());
    if (channel == nullptr) return;
    note_delivery(on_loops_[loop], loop, *channel, *publication);
    for (Coming& coming : channel->coming) {
        if (coming.publications.size() < most_waiting)
            coming.publications.push_back(publication);
        else if (Client* const client = clients_.find({.loop = loop, .number = coming.client}))
            client->line->close(over_capacity, "The client takes messages too slowly.");
    }
    Client* const publisher = client_of(loop, publication->publisher());
    const std::string& unnamed = channel->app->settings.unnamed_event;
    if (hub_loops_.loops().has_subscribers_here(channel->topic))
        hub_loops_.loops().publish_here(channel->topic,
                                        frame_of(*publication, channel->name, unnamed),
                                        publisher == nullptr ? nullptr : publisher->line->socket());
    if (channel->without_topics.empty()) return;
    const std::string json = publication_event(*publication, channel->name, unnamed);
    for (const std::uint64_t number : channel->without_topics) {
        Client* const client = clients_.find({.loop = loop, .number = number});
        if (client != nullptr && client != publisher) client->line->send(json);
    }
}

void Subscriptions::note_delivery(OnLoop& here, std::size_t loop, Channel& channel,
                                  const hub::Publication& publication) {
    channel.top = publication.position();
    if (!channel.app->settings.recover) return;
    channel.log.push_back({.order = ++here.delivered, .offset = channel.top.offset});
    if (channel.log.size() > longest_log) channel.log.pop_front();
    note_flush(loop);
}

/// What was delivered in a turn has been written when something runs in the next.
void Subscriptions::note_flush(std::size_t loop) {
    OnLoop& here = on_loops_[loop];
    if (std::exchange(here.flushing, true)) return;
    hub_loops_.loops().post(loop, [this, loop, upto = here.delivered] {
        OnLoop& there = on_loops_[loop];
        there.flushed = upto;
        there.flushing = false;
        if (there.delivered > upto) note_flush(loop);
    });
}

void Subscriptions::announce(std::size_t loop, const hub::PresenceChange& change) {
    Channel* const channel = find(loop, change.channel);
    if (channel == nullptr || !kind_of(channel->name).presence) return;
    const bool came = change.kind == hub::PresenceChange::Kind::joined;
    const std::string json = came ? member_added(channel->name, change.who)
                                  : member_removed(channel->name, change.who.user);
    Client* const who = client_of(loop, change.member);
    for (Coming& coming : channel->coming) {
        Client* const client = clients_.find({.loop = loop, .number = coming.client});
        if (!coming.greeted)
            coming.changes.push_back(change);
        else if (client != nullptr && client != who)
            client->line->send(json);
    }
    tell_here(loop, *channel, json, who);
}

void Subscriptions::tell(const std::string& hub_name, std::string json) {
    const auto shared = std::make_shared<const std::string>(std::move(json));
    for (std::size_t loop = 0; loop < on_loops_.size(); ++loop)
        hub_loops_.loops().post(loop, [this, loop, hub_name, shared] {
            if (Channel* const channel = find(loop, hub_name))
                tell_here(loop, *channel, *shared, nullptr);
        });
}

void Subscriptions::tell_here(std::size_t loop, Channel& channel, const std::string& json,
                              Client* except) {
    if (hub_loops_.loops().has_subscribers_here(channel.topic))
        hub_loops_.loops().publish_here(channel.topic, PreparedMessage(Message::text(json)),
                                        except == nullptr ? nullptr : except->line->socket());
    for (const std::uint64_t number : channel.without_topics) {
        Client* const client = clients_.find({.loop = loop, .number = number});
        if (client != nullptr && client != except) client->line->send(json);
    }
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
