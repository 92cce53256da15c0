#pragma once

#include "dialects/dialect.hpp"
#include "dialects/gate.hpp"
#include "dialects/hub_loops.hpp"
#include "dialects/loop_table.hpp"
#include "dialects/membership.hpp"

#include <longwire/longwire.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace longwire::dialects {

/// A dialect of lines of text over a WebSocket at /lines, as small as one can be that has all that
/// a dialect has. Clients send the first three, and get the others:
///
///     subscribe CHANNEL
///     unsubscribe CHANNEL
///     publish CHANNEL TEXT
///     on CHANNEL
///     message CHANNEL USER TEXT
///     came CHANNEL USER
///     went CHANNEL USER
///     error CHANNEL REASON
class Lines final : public Dialect {
public:
    /// All must outlive the server's run.
    Lines(Server& server, HubLoops& hub_loops, Gate& gate);
    ~Lines();

    void deliver(std::size_t loop, const hub::SharedPublication& publication) override;
    void interrupt(std::size_t loop, const std::string& channel, hub::Position position) override;
    void announce(std::size_t loop, const hub::PresenceChange& change) override;

private:
    struct Client;
    class Member;

    void open(WebSocket& socket);
    void receive(Client& client, std::string_view line);
    void subscribe(Client& client, const std::string& channel);
    void admit(Client& client, const Verdict& verdict, Wish wish);
    void gone(Client& client);

    HubLoops& hub_loops_;
    Gate& gate_;
    LoopTable<Client> clients_;
    MembershipsOf<Member> members_;
};

}  // namespace longwire::dialects
