#pragma once

#include "net/carrier.hpp"
#include "net/loop.hpp"

#include <cstddef>
#include <memory>
#include <string>

namespace longwire::net {

/// Two ends of a connection that lies in memory: what one writes the other reads. Each end is for a
/// stream on its own loop; both loops run on one thread.
struct MemoryPair {
    std::unique_ptr<Carrier> first;
    std::unique_ptr<Carrier> second;

    /// What may lie in one direction, before a write has to wait.
    static constexpr std::size_t room = std::size_t{64} * 1024;

    /// `first_peer` is what the first end calls the second, and the other way round.
    [[nodiscard]] static MemoryPair make(Loop& first_loop, std::string first_peer,
                                         Loop& second_loop, std::string second_peer);
};

}  // namespace longwire::net
