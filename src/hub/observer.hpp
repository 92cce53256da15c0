#pragma once

#include "hub/presence.hpp"

#include <cstddef>
#include <string>

namespace longwire::hub {

/// Told of who comes and goes on this node, on any thread, for each channel in order and under a
/// lock of the hub: it must call nothing of the hub's, and not hold it up.
class Observer {
public:
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;

    /// The channel has so many members now, on this node.
    virtual void on_members(const std::string& channel, std::size_t members) = 0;
    /// Somebody has come or gone on any node. (Also where nobody here is left to be told.)
    virtual void on_presence(const PresenceChange& change) = 0;

protected:
    Observer() = default;
    ~Observer() = default;
};

}  // namespace longwire::hub
