#pragma once

#include "options.hpp"
#include "themes.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace longwire::stateful {

/// What one episode came to.
struct Told {
    std::uint64_t clients = 0;
};

/// One server, from its start to its end, with clients of some themes; all of it from one seed.
Told run_episode(std::uint64_t seed, const std::vector<const Theme*>& with,
                 std::chrono::milliseconds busy, const Options& options);

}  // namespace longwire::stateful
