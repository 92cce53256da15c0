#include "dialects/encodings.hpp"
#include "dialects/pusher/event.hpp"
#include "dialects/pusher/subscriptions.hpp"

#include <longwire/longwire.hpp>

#include <utility>
#include <vector>

namespace longwire::dialects::pusher {

namespace {

// For one that has yet to get what it missed.
constexpr std::size_t most_waiting = 100'000;
constexpr int over_capacity = 4100;
constexpr int come_back = 4200;

const PreparedMessage& frame_of(const hub::Publication& publication, std::string_view channel,
                                std::string_view unnamed) {
    return publication.encoded<PreparedMessage>(pusher_frame, [&] {
        return PreparedMessage(Message::text(publication_event(publication, channel, unnamed)));
    });
}

bool is_there(const Client& client, std::string_view channel) {
    const auto found = client.subscriptions.find(channel);
    return found != client.subscriptions.end() && found->second.there;
}

}  // namespace

void Subscriptions::deliver(std::size_t loop, const hub::SharedPublication& publication) {
    LoopChannel* const channel = find(loop, publication->channel());
    if (channel == nullptr) return;
    note_delivery(loop, *channel, *publication);
    for (Coming& coming : channel->coming()) {
        if (coming.publications.size() < most_waiting)
            coming.publications.push_back(publication);
        else if (Client* const client = clients_.find({.loop = loop, .number = coming.client}))
            client->line->close(over_capacity, "The client reads too slowly.");
    }
    Client* const publisher = client_of(loop, publication->publisher());
    WebSocket* const publisher_socket = publisher == nullptr ? nullptr : publisher->line->socket();
    const std::string& unnamed = channel->app().settings.unnamed_event;
    const std::size_t size = publication->message().size();
    if (const std::size_t subscribers = hub_loops_.loops().subscribers_here(channel->topic())) {
        const bool is_one = publisher_socket != nullptr && is_there(*publisher, channel->name());
        tally_.add_sent(loop, size, subscribers - (is_one ? 1 : 0));
        hub_loops_.loops().publish_here(
            channel->topic(), frame_of(*publication, channel->name(), unnamed), publisher_socket);
    }
    if (channel->without_topic().empty()) return;
    const std::string json = publication_event(*publication, channel->name(), unnamed);
    for (const std::uint64_t number : channel->without_topic()) {
        Client* const client = clients_.find({.loop = loop, .number = number});
        if (client == nullptr || client == publisher) continue;
        tally_.add_sent(loop, size);
        client->line->send(json);
    }
}

void Subscriptions::send(Client& client, const LoopChannel& channel,
                         const hub::Publication& publication) {
    tally_.add_sent(client.loop, publication.message().size());
    client.line->send(
        publication_event(publication, channel.name(), channel.app().settings.unnamed_event));
}

void Subscriptions::note_delivery(std::size_t loop, LoopChannel& channel,
                                  const hub::Publication& publication) {
    if (!channel.app().settings.recover) return;
    channel.note_delivery(++on_loops_[loop].delivered, publication.position());
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

void Subscriptions::interrupt(std::size_t loop, const std::string& hub_name) {
    const LoopChannel* const channel = find(loop, hub_name);
    if (channel == nullptr) return;
    std::vector<Client*> cut;
    clients_.each(loop, [&](Client& client) {
        const auto found = client.subscriptions.find(channel->name());
        if (found != client.subscriptions.end() && found->second.channel == channel)
            cut.push_back(&client);
    });
    for (Client* const client : cut) {
        // (At once: they get nothing of what is delivered from now on.)
        leave_all(*client, true);
        if (!std::exchange(client->closing, true))
            client->line->close(come_back, "Messages may be missing.");
    }
}

void Subscriptions::announce(std::size_t loop, const hub::PresenceChange& change) {
    LoopChannel* const channel = find(loop, change.channel);
    if (channel == nullptr || !kind_of(channel->name()).presence) return;
    for (Coming& coming : channel->coming())
        if (!coming.greeted) coming.changes.push_back(change);
    // (Clients know no other way of telling that somebody's information is another now.)
    using Kind = hub::PresenceChange::Kind;
    if (change.kind != Kind::joined)
        tell_change(loop, *channel, member_removed(channel->name(), change.who.user),
                    change.member);
    if (change.kind != Kind::left)
        tell_change(loop, *channel, member_added(channel->name(), change.who), change.member);
}

void Subscriptions::tell_change(std::size_t loop, LoopChannel& channel, const std::string& json,
                                hub::MemberId of) {
    Client* const who = client_of(loop, of);
    for (const Coming& coming : channel.coming()) {
        Client* const client = clients_.find({.loop = loop, .number = coming.client});
        if (coming.greeted && client != nullptr && client != who) client->line->send(json);
    }
    tell_here(loop, channel, json, who);
}

void Subscriptions::tell(const std::string& hub_name, std::string json) {
    const auto shared = std::make_shared<const std::string>(std::move(json));
    for (std::size_t loop = 0; loop < on_loops_.size(); ++loop)
        hub_loops_.loops().post(loop, [this, loop, hub_name, shared] {
            if (LoopChannel* const channel = find(loop, hub_name))
                tell_here(loop, *channel, *shared, nullptr);
        });
}

void Subscriptions::tell_here(std::size_t loop, LoopChannel& channel, const std::string& json,
                              Client* except) {
    if (hub_loops_.loops().has_subscribers_here(channel.topic()))
        hub_loops_.loops().publish_here(channel.topic(), PreparedMessage(Message::text(json)),
                                        except == nullptr ? nullptr : except->line->socket());
    for (const std::uint64_t number : channel.without_topic()) {
        Client* const client = clients_.find({.loop = loop, .number = number});
        if (client != nullptr && client != except) client->line->send(json);
    }
}

}  // namespace longwire::dialects::pusher
