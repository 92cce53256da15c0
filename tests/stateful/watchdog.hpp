#pragma once

#include "dialects/hub_loops.hpp"

#include <atomic>
#include <chrono>
#include <deque>

namespace longwire::stateful {

/// Finds a loop that does not turn any more.
class Watchdog {
public:
    explicit Watchdog(const dialects::HubLoops& loops) : loops_(loops) {}

    /// Now and then, while the server runs. On one thread.
    void look();
    /// The longest that a loop is known to have let something wait. On the thread that looks.
    [[nodiscard]] std::chrono::milliseconds longest() const noexcept;
    /// It is not to run any more.
    void stop() noexcept { stopped_ = true; }

private:
    struct Watched {
        std::atomic<bool> asked = false;
        std::chrono::steady_clock::time_point since = {};
        std::atomic<std::chrono::milliseconds> longest = std::chrono::milliseconds(0);
    };

    const dialects::HubLoops& loops_;
    std::deque<Watched> watched_;
    bool stopped_ = false;
};

}  // namespace longwire::stateful
