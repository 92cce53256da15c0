#pragma once

#include "hub/presence.hpp"
#include "hub/publication.hpp"

#include <cstddef>

namespace longwire::dialects {

/// A way of speaking to clients. It keeps, for each loop, which of its connections there are on
/// which channel, and is told there what happens on those.
class Dialect {
public:
    Dialect(const Dialect&) = delete;
    Dialect& operator=(const Dialect&) = delete;

    /// On the loop of this number, in the order of the channel.
    virtual void deliver(std::size_t loop, const hub::SharedPublication& publication) = 0;
    virtual void announce(std::size_t loop, const hub::PresenceChange& change) = 0;

protected:
    Dialect() = default;
    ~Dialect() = default;
};

}  // namespace longwire::dialects
