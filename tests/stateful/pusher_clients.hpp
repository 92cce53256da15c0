#pragma once

#include "world.hpp"

namespace longwire::stateful {

// Clients of Pusher's protocol, and the servers of apps. A stay's channel is without its kind.

/// By WebSocket: subscribes, signs in, says things, goes, and comes back.
Script pusher_socket(World& world, Chance chance, Stay stay);
/// By WebSocket, and says nothing: stays until its token ends.
Script pusher_to_the_end(World& world, Chance chance, Stay stay);
/// The same by HTTP: a request that takes, and others that send.
Script pusher_fallback(World& world, Chance chance, Stay stay);
/// Signed requests, some in one write, some of which mean nothing.
Script pusher_api(World& world, Chance chance, Stay stay);
/// Requests for apps that there are not, so that all are looked through.
Script apps_looked_through(World& world, Chance chance, Stay stay);

}  // namespace longwire::stateful
