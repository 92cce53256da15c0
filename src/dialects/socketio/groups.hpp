#pragma once

#include "dialects/socketio/engineio_server.hpp"
#include "hub/publication.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace longwire::dialects::socketio {

class Member;

/// The members of one namespace that are on one channel, on one loop.
struct Group {
    std::string channel;
    std::string name_space;
    std::string topic;                    // of those with a WebSocket,
    std::vector<std::uint32_t> on_wires;  // of whom there are so many on each loop
    std::unordered_set<Member*> singles;  // the others: each gets what comes by itself
    std::size_t members = 0;
    hub::Position delivered;  // the latest
};

/// Who is on which channel, loop by loop. All is for the thread of the loop that is named.
class Groups {
public:
    explicit Groups(EngineServer& engine);

    /// Puts the member where what is published reaches it. `start` is where that begins.
    Group& enter(std::size_t loop, const std::string& channel, const std::string& name_space,
                 Member& member, hub::Position start);
    /// The group may be gone afterwards, but for whoever holds what `find` gave.
    void leave(std::size_t loop, Group& group, Member& member);
    /// To and from those who get what comes by themselves, as the member says it is reached.
    void attach(Group& group, Member& member);
    void detach(Group& group, Member& member);

    /// Those of a channel as they are now: whoever holds this may send, and end members, as it
    /// goes through them. Null where there are none.
    using Shared = std::shared_ptr<const std::vector<std::shared_ptr<Group>>>;
    [[nodiscard]] Shared find(std::size_t loop, const std::string& channel) const;
    /// To all of a group but one (who may be null).
    void send(std::size_t loop, const Group& group, const SharedPackets& packets,
              const std::shared_ptr<const void>& owner, const Member* except) const;

private:
    struct OnLoop {
        std::unordered_map<std::string, Shared> by_channel;
    };

    EngineServer& engine_;
    std::uint64_t number_;  // of this server's topics
    std::deque<OnLoop> on_loops_;
};

}  // namespace longwire::dialects::socketio
