#pragma once

#include "hub/position.hpp"
#include "hub/presence.hpp"
#include "hub/publication.hpp"

#include <functional>
#include <memory>
#include <string>

namespace longwire::hub {

/// Where members are reached: one for each loop. It is called on any thread, under a lock of the
/// hub, and has to keep for later what it is given, in the order in which it is given.
class Outlet {
public:
    Outlet(const Outlet&) = delete;
    Outlet& operator=(const Outlet&) = delete;

    /// For the members of its channel that have joined here.
    virtual void publish(SharedPublication publication) = 0;
    /// Something that was published on the channel may be missing for its members here, and will
    /// not come: they are told, or cut, so that they come back and ask for it. What comes next was
    /// published after `position`.
    virtual void interrupt(const std::string& channel, Position position) = 0;
    virtual void announce(std::shared_ptr<const PresenceChange> change) = 0;
    /// Whether more may be published: false where what is on its way to the members here is as much
    /// as it may be. Not under a lock.
    [[nodiscard]] virtual bool has_room() const { return true; }
    /// To be run between what came before and what comes after.
    virtual void run(std::move_only_function<void()> function) = 0;

protected:
    Outlet() = default;
    ~Outlet() = default;
};

}  // namespace longwire::hub
