#include "lines.hpp"

#include "dialects/admission.hpp"
#include "dialects/alarms.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace longwire::dialects {

namespace {

constexpr std::string_view messages_of = "lines:";
constexpr std::string_view presence_of = "lines-presence:";
constexpr auto unauthorized = static_cast<CloseCode>(3000);

std::string line_of(std::string_view word, std::string_view channel, std::string_view rest = {}) {
    std::string line(word);
    line.append(" ").append(channel);
    if (!rest.empty()) line.append(" ").append(rest);
    return line;
}

std::string line_of(const hub::Publication& publication) {
    const std::string& user = publication.user();
    return line_of("message", publication.channel(), user.empty() ? "-" : user) + ' ' +
           std::string(publication.message().text());
}

/// Takes it off.
std::string first_word(std::string_view& line) {
    const std::string word(line.substr(0, line.find(' ')));
    line.remove_prefix(std::min(word.size() + 1, line.size()));
    return word;
}

}  // namespace

/// One WebSocket, which may be on many channels.
struct Lines::Client {
    WebSocket& socket;
    LoopRef ref;
    Visitor visitor;
    Alarm expiry = {};
    std::map<std::string, Member*> channels = {};  // null: it is asked whether it may
};

/// One client on one channel.
class Lines::Member final : public Membership {
public:
    Member(Memberships& all, Admitted admitted, Client& client)
        : Membership(all, client.ref.loop, std::move(admitted)), client_(client) {}

    [[nodiscard]] WebSocket& socket() const noexcept { return client_.socket; }
    void leave() {
        for (const std::string_view topic : {messages_of, presence_of})
            socket().unsubscribe(std::string(topic) + channel());
        client_.channels.erase(channel());
        end();
    }

private:
    void on_joined(hub::History history) override {
        socket().send(line_of("on", channel()));
        for (const auto& publication : history.publications) socket().send(line_of(*publication));
        socket().subscribe(std::string(messages_of) + channel());
        if (rule().keeps_presence) watch_presence();
    }
    void on_not_joined(const Error& why) override { leave_with(why.message()); }
    void on_expired() override {}  // the whole client goes
    void on_refused(const Verdict& why) override { leave_with(why.reason); }
    void on_presence(const Verdict& /*verdict*/) override {
        const std::string topic = std::string(presence_of) + channel();
        sees_presence() ? socket().subscribe(topic) : socket().unsubscribe(topic);
    }
    void on_unpublished(Unpublished /*how*/, const Verdict& why) override {
        socket().send(line_of("error", channel(), why.reason));
    }
    void leave_with(std::string_view reason) {
        socket().send(line_of("error", channel(), reason));
        leave();
    }

    Client& client_;
};

Lines::Lines(Server& server, HubLoops& hub_loops, Gate& gate)
    : hub_loops_(hub_loops),
      gate_(gate),
      clients_(hub_loops.loops()),
      members_(hub_loops, gate, hub_loops.tally("lines")) {
    hub_loops.add(*this);
    server.websocket(
        "/lines",
        {
            .on_upgrade =
                [this](Upgrade& upgrade) {
                    const Verdict verdict =
                        gate_.authenticate(upgrade.request(), upgrade.state<Visitor>());
                    if (!verdict.allows()) upgrade.refuse(refusal_of(verdict));
                },
            .on_open = [this](WebSocket& socket, const Request& /*request*/) { open(socket); },
            .on_message =
                [this](WebSocket& socket, Message message) {
                    receive(*socket.state<Client*>(), message.text());
                },
            .on_close = [this](WebSocket& socket, CloseCode /*code*/,
                               std::string_view /*reason*/) { gone(*socket.state<Client*>()); },
        });
}

Lines::~Lines() = default;

void Lines::open(WebSocket& socket) {
    const LoopRef ref = clients_.new_ref(hub_loops_.current());
    Client& client = clients_.add(
        ref, std::make_unique<Client>(socket, ref, std::move(socket.state<Visitor>())));
    socket.state<Client*>() = &client;
    client.expiry.set(hub_loops_.alarms(ref.loop), client.visitor.expires,
                      [&socket] { socket.close(unauthorized, "Your token has expired."); });
}

void Lines::gone(Client& client) {
    for (const auto& [channel, member] : client.channels)
        if (member != nullptr) member->end();
    client.channels.clear();
    client.expiry.call_off();
    clients_.retire(client.ref);
}

void Lines::receive(Client& client, std::string_view line) {
    const std::string word = first_word(line);
    const std::string channel = first_word(line);
    if (word == "subscribe") return subscribe(client, channel);
    const auto found = client.channels.find(channel);
    Member* const member = found == client.channels.end() ? nullptr : found->second;
    if (member == nullptr)
        client.socket.send(line_of("error", channel, "You are not subscribed to this channel."));
    else if (word == "publish")
        member->publish(Message::text(line));
    else if (word == "unsubscribe")
        member->leave();
}

void Lines::subscribe(Client& client, const std::string& channel) {
    if (!client.channels.emplace(channel, nullptr).second) return;
    Wish wish = {.visitor = client.visitor, .actions = {Action::subscribe}, .channel = channel};
    ask(gate_, wish, [this, ref = client.ref, wish](Verdict verdict, Visitor known) mutable {
        wish.visitor = std::move(known);
        clients_.with(ref, [this, verdict = std::move(verdict), wish = std::move(wish)](
                               Client& there) mutable { admit(there, verdict, std::move(wish)); });
    });
}

void Lines::admit(Client& client, const Verdict& verdict, Wish wish) {
    if (!verdict.allows()) {
        client.socket.send(line_of("error", wish.channel, verdict.reason));
        client.channels.erase(wish.channel);
        return;
    }
    Member*& place = client.channels.at(wish.channel);
    place = &members_.add(std::make_unique<Member>(
        members_, Admitted{.wish = std::move(wish), .until = verdict.expires}, client));
    place->join({});
}

void Lines::deliver(std::size_t loop, const hub::SharedPublication& publication) {
    const Member* const publisher = members_.find(loop, publication->publisher());
    hub_loops_.loops().publish_here(std::string(messages_of) + publication->channel(),
                                    PreparedMessage(Message::text(line_of(*publication))),
                                    publisher == nullptr ? nullptr : &publisher->socket());
}

/// They come back for what is missing.
void Lines::interrupt(std::size_t loop, const std::string& channel, hub::Position /*position*/) {
    std::vector<WebSocket*> cut;
    members_.each(loop, [&](const Member& member) {
        if (member.channel() == channel) cut.push_back(&member.socket());
    });
    for (WebSocket* const socket : cut) socket->close(CloseCode::service_restart, "");
}

void Lines::announce(std::size_t loop, const hub::PresenceChange& change) {
    const bool went = change.kind == hub::PresenceChange::Kind::left;
    const Member* const its_own = members_.find(loop, change.member);
    hub_loops_.loops().publish_here(std::string(presence_of) + change.channel,
                                    PreparedMessage(Message::text(line_of(
                                        went ? "went" : "came", change.channel, change.who.user))),
                                    its_own == nullptr ? nullptr : &its_own->socket());
}

}  // namespace longwire::dialects
