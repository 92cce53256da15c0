#pragma once

#include "world.hpp"

#include <string>

namespace longwire::stateful {

// Clients of the raw dialect.

/// Reads a channel as text/event-stream.
Script event_stream(World& world, Chance chance, Stay stay);
/// Polls a channel, some requests in one write.
Script long_polls(World& world, Chance chance, Stay stay);
/// A WebSocket on a channel, which says something now and then.
Script channel_socket(World& world, Chance chance, Stay stay);
/// Publishes by HTTP, many requests in one write, and whatever else there is for a channel.
Script publishing(World& world, Chance chance, Stay stay);
/// So many messages of such sizes in one burst at most, and then a rest.
struct Flood {
    std::string channel;
    std::uint64_t ms = 3000;
    std::uint64_t most = 150;
    std::uint64_t least_size = 500;
    std::uint64_t most_size = 3500;
    std::uint64_t rest = 600;  // milliseconds, at most
    std::uint64_t row = 1;     // so many bursts before it
};
/// A WebSocket that says so much that others cannot keep up.
Script flood(World& world, Chance chance, Flood wanted);
/// Shows tokens that count no more, by every way there is, and must be refused.
Script too_late(World& world, Chance chance, Stay stay);

}  // namespace longwire::stateful
