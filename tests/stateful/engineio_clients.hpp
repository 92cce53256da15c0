#pragma once

#include "world.hpp"

namespace longwire::stateful {

// Clients of Engine.IO and Socket.IO, by what they are after.

/// Polls, with requests in one write, and comes onto a namespace with a token around its end.
Script stale_polls(World& world, Chance chance, Stay stay);
/// Polls, and changes to a WebSocket while polls wait, in whatever order.
Script changing_transport(World& world, Chance chance, Stay stay);
/// Stays on a channel until its token is over.
Script namespace_to_the_end(World& world, Chance chance, Stay stay);
/// On two namespaces that are one channel; is cut off, and comes back while much is said there.
Script returning(World& world, Chance chance, Stay stay);
/// The same, alone on a channel of its own, where it says so much itself that what is kept for it
/// on the other namespace is too much before it is there.
Script returning_alone(World& world, Chance chance, Stay stay);
/// Alone in its group of a channel, does not read, and says something there.
Script slow_publisher(World& world, Chance chance, Stay stay);
/// Asks to be on channels, and goes while it is asked whether it may.
Script channel_member(World& world, Chance chance, Stay stay);
/// Events to and from a program's own namespaces.
Script program_member(World& world, Chance chance, Stay stay);

}  // namespace longwire::stateful
