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
    add_slow_reader_policy(hub_loops, gate, {topic_prefix});
}

Subscriptions::Channel* Subscriptions::find(std::size_t loop, const std::string& hub_name) {
    const auto found = on_loops_[loop].channels.find(hub_name);
    return found == on_loops_[loop].channels.end() ? nullptr : &found->second;
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
        leave(client, step.channel, its);
        return refuse(client, step.channel, {"AuthError", verdict.status, verdict.reason});
    }
    its.recheck.set(hub_loops_.alarms(client.loop), verdict.expires,
                    [this, &client, step] { judge(client, step); });
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

}  // namespace longwire::dialects::pusher
