#include "dialects/raw/channel_sockets.hpp"

#include "dialects/admission.hpp"
#include "dialects/encodings.hpp"
#include "dialects/raw/channel_name.hpp"
#include "dialects/raw/event.hpp"
#include "dialects/raw/history_query.hpp"
#include "dialects/slow_reading.hpp"

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::dialects::raw {

namespace {

// A channel's members are subscribed to topics of its name.
constexpr std::string_view plain_topic = "raw:";
constexpr std::string_view json_topic = "raw-json:";
constexpr std::string_view presence_topic = "raw-presence:";

// Registered with IANA, in the range for libraries and applications.
constexpr auto unauthorized = static_cast<CloseCode>(3000);
constexpr auto forbidden = static_cast<CloseCode>(3003);

CloseCode code_of(const Verdict& verdict) noexcept {
    switch (verdict.status) {
        case 401:
            return unauthorized;
        case 429:
            return CloseCode::policy_violation;
        case 503:
            return CloseCode::try_again_later;
        default:
            return forbidden;
    }
}

std::string topic_of(std::string_view prefix, std::string_view channel) {
    std::string topic(prefix);
    topic += channel;
    return topic;
}

const PreparedMessage& frame_of(const hub::Publication& publication, bool json) {
    if (json)
        return publication.encoded<PreparedMessage>(raw_json_frame, [&] {
            return PreparedMessage(Message::text(publication_json(publication)));
        });
    return publication.encoded<PreparedMessage>(
        raw_frame, [&] { return PreparedMessage(publication.message()); });
}

}  // namespace

/// What is known of a connection, from its upgrade on.
struct ChannelSockets::Connection {
    std::unique_ptr<Admitted> admitted;  // until it is open
    Member* member = nullptr;            // from then on
};

/// One WebSocket on one channel.
class ChannelSockets::Member final : public Membership {
public:
    Member(Memberships& all, std::size_t loop, Admitted&& admitted, WebSocket& socket, bool json)
        : Membership(all, loop, std::move(admitted)), socket_(socket), json_(json) {}

    [[nodiscard]] WebSocket& socket() const noexcept { return socket_; }
    [[nodiscard]] bool json() const noexcept { return json_; }

private:
    void on_joined(hub::History history) override;
    void on_not_joined(const Error& why) override {
        close(CloseCode::try_again_later, why.message());
    }
    void on_expired() override {
        close(unauthorized, "Your token has expired. Reconnect with a new token.");
    }
    void on_refused(const Verdict& why) override { close(code_of(why), why.reason); }
    void on_presence(const Verdict& verdict) override;
    void on_unpublished(Unpublished how, const Verdict& why) override;
    [[nodiscard]] bool is_open() const override {
        return socket_.ready_state() == ReadyState::open;
    }
    void close(CloseCode code, std::string_view reason) { socket_.close(code, reason); }

    WebSocket& socket_;
    bool json_;
};

ChannelSockets::ChannelSockets(Server& server, HubLoops& hub_loops, Gate& gate,
                               const WebSocketOptions& options)
    : hub_loops_(hub_loops),
      gate_(gate),
      tally_(hub_loops.tally("raw")),
      members_(hub_loops, gate, tally_) {
    add_slow_reader_policy(hub_loops, gate, {std::string(plain_topic), std::string(json_topic)});
    server.websocket(
        "/channels/:name",
        {
            .on_upgrade = [this](Upgrade& upgrade) { judge_upgrade(upgrade); },
            .on_open = [this](WebSocket& socket, const Request& request) { open(socket, request); },
            .on_message =
                [](WebSocket& socket, Message message) {
                    socket.state<Connection>().member->publish(message);
                },
            .on_close =
                [](WebSocket& socket, CloseCode /*code*/, std::string_view /*reason*/) {
                    if (Member* const member = socket.state<Connection>().member) member->end();
                },
        },
        options);
}

ChannelSockets::~ChannelSockets() = default;

// ---- coming -------------------------------------------------------------------------------------

void ChannelSockets::judge_upgrade(Upgrade& upgrade) {
    const Request& request = upgrade.request();
    std::string channel(request.parameter("name"));
    if (!is_channel_name(channel)) return upgrade.refuse(400, channel_name_rule);
    if (auto wish = read_history_query(request); !wish) return upgrade.refuse(400, wish.error());
    auto& coming = upgrade.state<Connection>().admitted;
    coming = std::make_unique<Admitted>();
    Admitted& its = *coming;
    Wish& wish = its.wish;
    const Verdict identified = gate_.authenticate(request, wish.visitor);
    if (!identified.allows()) return upgrade.refuse(refusal_of(identified));
    wish.actions.push_back(Action::subscribe);
    wish.channel = std::move(channel);
    if (request.query("history") || request.query("since")) wish.actions.push_back(Action::history);
    const std::size_t loop = hub_loops_.current();
    if (auto verdict = judge(gate_, wish)) {
        if (!verdict->allows()) return upgrade.refuse(refusal_of(*verdict));
        its.until = verdict->expires;
        return;
    }
    ask(gate_, wish,
        [this, loop, &its, reply = upgrade.answer_later()](Verdict verdict, Visitor known) mutable {
            hub_loops_.loops().post(loop, [&its, reply = std::move(reply), known = std::move(known),
                                           verdict = std::move(verdict)] {
                // The state of a handshake goes with it.
                if (!reply.alive()) return;
                reply.name_user(known.user);
                if (!verdict.allows()) return reply.send(refusal_of(verdict));
                its.wish.visitor = known;
                its.until = verdict.expires;
                reply.send(Response{.status = 101});
            });
        });
}

void ChannelSockets::open(WebSocket& socket, const Request& request) {
    auto& connection = socket.state<Connection>();
    Admitted admitted = std::move(*connection.admitted);
    connection.admitted.reset();
    Member& member =
        members_.add(std::make_unique<Member>(members_, hub_loops_.current(), std::move(admitted),
                                              socket, request.query("format") == "json"));
    connection.member = &member;
    member.hear_itself(request.query("echo") == "1");
    socket.name_user(member.visitor().user);
    auto wanted = read_history_query(request).value_or(hub::HistoryQuery{});
    if (!wanted.since && wanted.last == 0 && member.rule().last_message) wanted.last = 1;
    member.join(wanted);
}

void ChannelSockets::Member::on_joined(hub::History history) {
    if (json_) socket_.send(joined_json(start_of(history), history.recovered));
    for (const auto& publication : history.publications) {
        tally().add_sent(loop(), publication->message().size());
        socket_.send(frame_of(*publication, json_));
    }
    socket_.subscribe(topic_of(json_ ? json_topic : plain_topic, channel()));
    if (json_ && rule().keeps_presence) watch_presence();
}

// ---- what happens -------------------------------------------------------------------------------

void ChannelSockets::Member::on_presence(const Verdict& verdict) {
    const std::string topic = topic_of(presence_topic, channel());
    if (sees_presence()) {
        socket_.subscribe(topic);
    } else {
        socket_.unsubscribe(topic);
        socket_.send(error_json(verdict.reason));
    }
}

/// Whoever may not publish is told so if they understand it, and otherwise cannot stay.
void ChannelSockets::Member::on_unpublished(Unpublished how, const Verdict& why) {
    if (how == Unpublished::server_leaves)
        close(CloseCode::service_restart, why.reason);
    else if (!json_)
        close(code_of(why), why.reason);
    else if (how == Unpublished::failed)
        socket_.send(error_json("Your message was not published: " + why.reason + "."));
    else
        socket_.send(error_json(why.reason));
}

void ChannelSockets::deliver(std::size_t loop, const hub::SharedPublication& publication) {
    const Member* const publisher = members_.find(loop, publication->publisher());
    const auto& loops = hub_loops_.loops();
    for (const bool json : {false, true}) {
        const std::string topic = topic_of(json ? json_topic : plain_topic, publication->channel());
        const std::size_t subscribers = loops.subscribers_here(topic);
        if (subscribers == 0) continue;
        const bool is_publishers =
            publisher != nullptr && publisher->joined() && publisher->json() == json;
        tally_.add_sent(loop, publication->message().size(), subscribers - (is_publishers ? 1 : 0));
        loops.publish_here(topic, frame_of(*publication, json),
                           publisher == nullptr ? nullptr : &publisher->socket());
    }
}

void ChannelSockets::interrupt(std::size_t loop, const std::string& channel) {
    std::vector<WebSocket*> cut;
    members_.each(loop, [&](const Member& member) {
        if (member.joined() && member.channel() == channel) cut.push_back(&member.socket());
    });
    for (WebSocket* const socket : cut)
        socket->close(CloseCode::service_restart,
                      "Messages may be missing. Reconnect to get them.");
}

void ChannelSockets::announce(const hub::PresenceChange& change) {
    const std::string topic = topic_of(presence_topic, change.channel);
    if (hub_loops_.loops().has_subscribers_here(topic))
        hub_loops_.loops().publish_here(
            topic, PreparedMessage(Message::text(presence_json(change))), nullptr);
}

}  // namespace longwire::dialects::raw
