#pragma once

#include <longwire/run.hpp>

#include <chrono>

namespace longwire::cli {

/// Wakes a coroutine at moments that are due, to some 50 microseconds: the loop's own timers are
/// coarser than what is measured.
class Pacer {
public:
    using Clock = std::chrono::steady_clock;

    Pacer();
    ~Pacer();
    Pacer(const Pacer&) = delete;
    Pacer& operator=(const Pacer&) = delete;

    /// Awaits `moment`; at once where it has passed.
    Task<> until(Clock::time_point moment);

private:
    int timer_;
};

}  // namespace longwire::cli
