#include "dialects/raw/raw.hpp"

namespace longwire::dialects::raw {

Raw::Raw(Server& server, HubLoops& hub_loops, Gate& gate, const WebSocketOptions& options)
    : sockets_(server, hub_loops, gate, options),
      streams_(hub_loops, gate),
      polls_(hub_loops, gate),
      requests_(server, hub_loops, gate, options.origins, streams_, polls_) {
    hub_loops.add(*this);
}

void Raw::deliver(std::size_t loop, const hub::SharedPublication& publication) {
    sockets_.deliver(loop, publication);
    streams_.deliver(loop, publication);
    polls_.deliver(loop, publication);
}

void Raw::interrupt(std::size_t loop, const std::string& channel, hub::Position /*position*/) {
    sockets_.interrupt(loop, channel);
    streams_.interrupt(loop, channel);
    polls_.interrupt(loop, channel);
}

void Raw::announce(std::size_t loop, const hub::PresenceChange& change) {
    sockets_.announce(change);
    streams_.announce(loop, change);
}

}  // namespace longwire::dialects::raw
