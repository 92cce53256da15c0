#include "dialects/raw/raw.hpp"

namespace longwire::dialects::raw {

Raw::Raw(Server& server, HubLoops& hub_loops, Gate& gate, const WebSocketOptions& options)
    : sockets_(server, hub_loops, gate, options) {
    hub_loops.add(*this);
}

void Raw::deliver(std::size_t loop, const hub::SharedPublication& publication) {
    sockets_.deliver(loop, publication);
}

void Raw::announce(std::size_t /*loop*/, const hub::PresenceChange& change) {
    sockets_.announce(change);
}

}  // namespace longwire::dialects::raw
