#pragma once

#include "hub/presence.hpp"
#include "hub/publication.hpp"

#include <functional>
#include <memory>

namespace longwire::hub {

/// Where members are reached: one for each loop. It is called on any thread, under a lock of the
/// hub, and has to keep for later what it is given, in the order in which it is given.
class Outlet {
public:
    Outlet(const Outlet&) = delete;
    Outlet& operator=(const Outlet&) = delete;

    /// For the members of its channel that have joined here.
    virtual void publish(SharedPublication publication) = 0;
    virtual void announce(std::shared_ptr<const PresenceChange> change) = 0;
    /// To be run between what came before and what comes after.
    virtual void run(std::move_only_function<void()> function) = 0;

protected:
    Outlet() = default;
    ~Outlet() = default;
};

}  // namespace longwire::hub
