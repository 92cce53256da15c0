#pragma once

#include "dialects/alarms.hpp"
#include "dialects/gate.hpp"
#include "dialects/hub_loops.hpp"
#include "dialects/pusher/app.hpp"
#include "dialects/pusher/client_table.hpp"
#include "dialects/pusher/packet.hpp"
#include "dialects/pusher/subscriptions.hpp"
#include "dialects/pusher/users.hpp"
#include "dialects/pusher/webhooks.hpp"

#include <longwire/request.hpp>

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace longwire::dialects::pusher {

/// Why a client cannot stay: a code of the protocol (4000 to 4299), which tells it whether to come
/// back.
struct Goodbye {
    int code = 0;
    std::string reason;
};

/// Answers what clients say, over whatever line. On the thread of the client's loop.
class Conversations {
public:
    /// All must outlive the server's run.
    Conversations(HubLoops& hub_loops, DialectTally& tally, Gate& gate, const Apps& apps,
                  ClientTable& clients, Subscriptions& subscriptions, Users& users,
                  std::shared_ptr<Webhooks> webhooks);
    Conversations(const Conversations&) = delete;
    Conversations& operator=(const Conversations&) = delete;
    ~Conversations() = default;

    /// Whether whoever sends the request may talk to the app with this key.
    [[nodiscard]] std::optional<Goodbye> judge(const Request& request, std::string_view key,
                                               SharedApp& app, Visitor& visitor);
    /// They have come: greets them, as soon as it is known who they are. Nothing where the app has
    /// too many already.
    Client* come(const Request& request, SharedApp app, Visitor visitor, Line& line);
    void receive(Client& client, std::string_view message);
    void gone(Client& client, bool comes_back);
    /// The server leaves, and the client is to come to another, or to the next.
    void leave(Client& client);
    /// Somebody wants all connections of a user closed.
    void terminate(const SharedApp& app, const std::string& user);
    void tell(const std::vector<Users::Told>& told);

private:
    [[nodiscard]] std::string new_socket_id(const hub::MemberId& id) const;
    void greet(Client& client);
    void demand_authorization(Client& client);
    void expire(Client& client);
    void introduce(Client& client);
    void introduced(Client& client, const Verdict& verdict, Visitor known);
    void answer(Client& client, const Packet& packet);
    void sign_in(Client& client, const SignIn& packet);
    void publish(Client& client, const ClientEvent& packet);
    void close(Client& client, const Goodbye& goodbye);
    /// False: nobody is there.
    bool look_after(std::size_t loop);
    void look_after(Client& client, Alarms::Clock::time_point now);

    HubLoops& hub_loops_;
    DialectTally& tally_;
    Gate& gate_;
    const Apps& apps_;
    ClientTable& clients_;
    Subscriptions& subscriptions_;
    Users& users_;
    std::shared_ptr<Webhooks> webhooks_;
    std::deque<bool> looking_after_;  // on each loop
};

/// The member that has this socket_id, if any has; nothing where it is none.
[[nodiscard]] std::optional<hub::MemberId> member_of(std::string_view socket_id,
                                                     std::size_t outlets) noexcept;

}  // namespace longwire::dialects::pusher
