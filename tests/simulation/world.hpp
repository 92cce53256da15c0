#pragma once

#include "story.hpp"

#include <cstddef>
#include <cstdint>

namespace longwire::simulation {

/// Whether the network changes a byte that the books do not know of: a run that must be found
/// broken, to show that the books are kept.
enum class Network : bool { honest, lying };

/// What a run came to.
struct RunResult {
    std::size_t steps = 0;
    std::size_t messages = 0;
    bool intact = false;  ///< nothing went wrong, and nobody broke a rule
};

/// Two endpoints, joined by a simulated network, from the handshake until both are done. Broken
/// where something does not hold.
RunResult run(std::uint64_t seed, Story& story, Network network = Network::honest);

}  // namespace longwire::simulation
