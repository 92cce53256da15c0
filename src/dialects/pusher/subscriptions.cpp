#include "dialects/pusher/subscriptions.hpp"

#include "dialects/pusher/event.hpp"
#include "dialects/pusher/signature.hpp"
#include "dialects/slow_reading.hpp"

#include <algorithm>
#include <utility>

namespace longwire::dialects::pusher {

Subscriptions::Subscriptions(HubLoops& hub_loops, DialectTally& tally, Gate& gate,
                             ClientTable& clients, Recovery& recovery,
                             std::shared_ptr<Webhooks> webhooks)
    : hub_loops_(hub_loops),
      tally_(tally),
      gate_(gate),
      clients_(clients),
      recovery_(recovery),
      webhooks_(std::move(webhooks)),
      on_loops_(hub_loops.loops().count()) {
    add_slow_reader_policy(hub_loops, gate, {std::string(LoopChannel::topic_prefix)});
}

Client* Subscriptions::client_of(std::size_t loop, hub::MemberId id) {
    if (id.number == 0 || id.outlet != hub_loops_.outlet_of(loop)) return nullptr;
    return clients_.find({.loop = loop, .number = id.number});
}

// ---- coming -------------------------------------------------------------------------------------

void Subscriptions::subscribe(Client& client, const Subscribe& wanted) {
    if (client.subscriptions.contains(wanted.channel)) {
        client.line->send(error_event(0, "This connection is already subscribed to this channel.",
                                      wanted.channel));
        return;
    }
    if (const auto wrong = wrong_with(client, wanted))
        return refuse(client, wanted.channel, *wrong);
    Subscription& its = client.subscriptions[wanted.channel];
    its.serial = ++client.serials;
    const ChannelKind kind = kind_of(wanted.channel);
    if (kind.presence)
        if (const auto wrong = take_member(client, wanted, its))
            return refuse(client, wanted.channel, *wrong);
    const Step step = {.client = ref_of(client), .channel = wanted.channel, .serial = its.serial};
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
        return Wrong{"LimitReached", 403,
                     "A connection may have at most " + std::to_string(app.most_channels) +
                         " channels at the same time."};
    const ChannelKind kind = kind_of(wanted.channel);
    if (kind.of_user && (!client.user || client.user->id != user_of(wanted.channel)))
        return Wrong{"AuthError", 401, "Only this user may subscribe. Sign in first."};
    if (kind.authorized &&
        !signed_by(wanted.auth, app.key, app.secret,
                   channel_text(client.socket_id, wanted.channel, wanted.channel_data)))
        return Wrong{
            "AuthError", 401,
            "The signature does not match this app's secret, socket_id, channel and channel_data."};
    return std::nullopt;
}

std::optional<Subscriptions::Wrong> Subscriptions::take_member(const Client& client,
                                                               const Subscribe& wanted,
                                                               Subscription& its) {
    if (wanted.channel_data.empty() && client.user) {
        its.member = std::make_unique<const ChannelData>(client.user->id, client.user->info);
        return std::nullopt;
    }
    if (wanted.channel_data.size() > client.app->settings.largest_member)
        return Wrong{"LimitReached", 413,
                     "channel_data has at most " +
                         std::to_string(client.app->settings.largest_member) + " bytes."};
    auto member = read_channel_data(wanted.channel_data);
    if (!member) return Wrong{"InvalidChannelData", 400, std::string(member.error())};
    its.member = std::make_unique<const ChannelData>(std::move(*member));
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
        if (Subscription* const its = find(client, step)) then(client, *its);
    });
}

/// Null where it is not there any more.
Subscription* Subscriptions::find(Client& client, const Step& step) {
    const auto found = client.subscriptions.find(step.channel);
    const bool is_there =
        found != client.subscriptions.end() && found->second.serial == step.serial;
    return is_there ? &found->second : nullptr;
}

/// What was said may hold for some time only: then it is asked again.
void Subscriptions::judge(Client& client, const Step& step) {
    const std::string hub_name = client.app->hub_name(step.channel);
    if (const auto verdict = gate_.judge(client.visitor, Action::subscribe, hub_name))
        return judged(client, client.subscriptions.at(step.channel), step, *verdict);
    gate_.ask(client.visitor, Action::subscribe, hub_name, [this, step](Verdict verdict) {
        go_on(step, [this, step, verdict = std::move(verdict)](Client& there, Subscription& its) {
            judged(there, its, step, verdict);
        });
    });
}

void Subscriptions::judged(Client& client, Subscription& its, const Step& step,
                           const Verdict& verdict) {
    if (!verdict.allows()) {
        leave(client, its);
        return refuse(client, step.channel, {"AuthError", verdict.status, verdict.reason});
    }
    if (verdict.expires)
        its.recheck.set(hub_loops_.alarms(client.loop), *verdict.expires, [this, step] {
            Client* const there = clients_.find(step.client);
            if (there != nullptr && find(*there, step) != nullptr) judge(*there, step);
        });
    else
        its.recheck.call_off();
    if (!std::exchange(its.admitted, true)) admit(client, step);
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

// ---- going --------------------------------------------------------------------------------------

void Subscriptions::unsubscribe(Client& client, std::string_view channel) {
    const auto found = client.subscriptions.find(channel);
    if (found == client.subscriptions.end()) return;
    leave(client, found->second);
    client.subscriptions.erase(found);
}

void Subscriptions::leave(Client& client, const Subscription& its) {
    // (Who has not joined yet is not waited for: see `join`.)
    if (its.channel == nullptr) return;
    if (WebSocket* const socket = client.line->socket()) socket->unsubscribe(its.channel->topic());
    leave_channel(client.loop, client.id, its);
}

/// No topic of the client's is told of it.
void Subscriptions::leave_channel(std::size_t loop, hub::MemberId client, const Subscription& its) {
    LoopChannel& channel = *its.channel;
    channel.end_coming(client.number);
    channel.remove_without_topic(client.number);
    hub_loops_.hub().leave(
        std::string(channel.hub_name()), client,
        its.member ? std::optional<std::string>(its.member->user) : std::nullopt);
    if (channel.remove_member()) on_loops_[loop].channels.remove(channel);
}

void Subscriptions::leave_all(Client& client, bool comes_back) {
    const AppSettings& app = client.app->settings;
    if (app.recover && comes_back) {
        confirm(client);
        Recovery::Positions positions;
        for (const auto& [name, its] : client.subscriptions) {
            if (its.channel == nullptr || its.claimed != 0 || is_replaced(client, its)) continue;
            positions[std::string(its.channel->hub_name())] = {.position = position_of(client, its),
                                                               .member = client.id};
        }
        recovery_.remember(client.identities(), std::move(positions),
                           Recovery::Clock::now() + app.recover_for);
    }
    for (const std::string& identity : client.identities())
        recovery_.leave(identity, ref_of(client));
    Leaving leaving = {.client = client.id,
                       .subscriptions = std::exchange(client.subscriptions, {})};
    if (leave_some(client.loop, leaving)) return;
    auto& all = on_loops_[client.loop].leaving;
    all.push_back(std::move(leaving));
    if (all.size() == 1) go_on_leaving(client.loop);
}

/// So many as others may wait for. (The client's topics need not be told: its connection ends, and
/// is sent nothing any more.) True: that was all.
bool Subscriptions::leave_some(std::size_t loop, Leaving& leaving) {
    constexpr std::size_t most = 256;
    SubscriptionsByName& subscriptions = leaving.subscriptions;
    for (std::size_t left = 0; left < most && !subscriptions.empty(); ++left) {
        const auto next = subscriptions.begin();
        if (next->second.channel != nullptr) leave_channel(loop, leaving.client, next->second);
        subscriptions.erase(next);
    }
    return subscriptions.empty();
}

/// In each turn some of one client's.
void Subscriptions::go_on_leaving(std::size_t loop) {
    hub_loops_.loops().post(loop, [this, loop] {
        auto& all = on_loops_[loop].leaving;
        if (leave_some(loop, all.back())) all.pop_back();
        if (!all.empty()) go_on_leaving(loop);
    });
}

}  // namespace longwire::dialects::pusher
