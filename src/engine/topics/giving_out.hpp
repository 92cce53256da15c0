#pragma once

#include <chrono>
#include <cstddef>

namespace longwire::engine {

/// While more than this is to be given to the same, who publishes has to wait for those who read,
/// or what is published piles up.
inline constexpr std::size_t most_due = std::size_t{64} * 1024;

/// How much of a turn of the loop something may be given out to many.
class TimeSlice {
public:
    using Clock = std::chrono::steady_clock;

    TimeSlice(Clock::time_point deadline, std::size_t look_after) noexcept
        : deadline_(deadline), look_after_(look_after) {}

    /// To be asked after each who was given something. `due` are the bytes that others have yet to
    /// get of the same.
    [[nodiscard]] bool is_up(std::size_t due) noexcept {
        return ++given_ % look_after_ == 0 && due <= most_due && Clock::now() >= deadline_;
    }

private:
    Clock::time_point deadline_;
    std::size_t look_after_;
    std::size_t given_ = 0;
};

/// What is given to many on one loop, beside what topics have (`Topics::give_out_soon`).
class GivingOut {
public:
    GivingOut(const GivingOut&) = delete;
    GivingOut& operator=(const GivingOut&) = delete;

    /// At the end of a turn. False: time is up, and it goes on in the next. After true it may be
    /// gone.
    virtual bool give_out(TimeSlice& slice) = 0;

protected:
    GivingOut() = default;
    ~GivingOut() = default;
};

}  // namespace longwire::engine
