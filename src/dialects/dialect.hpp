#pragma once

#include "hub/position.hpp"
#include "hub/presence.hpp"
#include "hub/publication.hpp"

#include <cstddef>
#include <string>

namespace longwire::dialects {

/// A way of speaking to clients. It keeps, for each loop, which of its connections there are on
/// which channel, and is told there what happens on those.
class Dialect {
public:
    Dialect(const Dialect&) = delete;
    Dialect& operator=(const Dialect&) = delete;

    /// On the loop of this number, in the order of the channel.
    virtual void deliver(std::size_t loop, const hub::SharedPublication& publication) = 0;
    /// Something of the channel is missing for its members there, and does not come: they are told
    /// so, or cut, by whatever makes their clients come back for it. What comes next was published
    /// after `position`.
    virtual void interrupt(std::size_t loop, const std::string& channel,
                           hub::Position position) = 0;
    virtual void announce(std::size_t loop, const hub::PresenceChange& change) = 0;

protected:
    Dialect() = default;
    ~Dialect() = default;
};

}  // namespace longwire::dialects
