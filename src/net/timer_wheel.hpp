#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace longwire::net {

class TimerWheel;

/// Something that wants to be told when a time has come. It lies inside its owner and is linked
/// into the wheel: arming and disarming allocate nothing and ask the kernel nothing.
class Timer {
public:
    Timer() = default;
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;

    [[nodiscard]] bool armed() const noexcept { return previous_ != nullptr; }
    void disarm() noexcept;

protected:
    ~Timer() { disarm(); }

private:
    friend class TimerWheel;
    virtual void on_timer() = 0;

    void link_after(Timer& head) noexcept;

    Timer* previous_ = nullptr;
    Timer* next_ = nullptr;
    std::uint32_t deadline_ = 0;  // the low part of a tick; the rest follows from the order
};

/// A coarse timer wheel: slots of 4 ms over 16 s; what is due later goes round again. For a clock
/// that moves by whole milliseconds only it can be exact.
class TimerWheel {
public:
    using Clock = std::chrono::steady_clock;

    explicit TimerWheel(Clock::time_point start) noexcept;
    TimerWheel(const TimerWheel&) = delete;
    TimerWheel& operator=(const TimerWheel&) = delete;
    ~TimerWheel();

    /// Arms `timer`, again if it is armed, to be told not before `after` from `now`; after 99 days
    /// if that is longer.
    void arm(Timer& timer, Clock::time_point now, std::chrono::milliseconds after) noexcept;

    /// From now on slots are of 1 ms, and timers are told at their time exactly, if the clock moves
    /// by whole milliseconds from `now` on.
    void be_exact(Clock::time_point now) noexcept;

    /// Tells every timer that is due at `now`. Timers may be armed and disarmed meanwhile.
    void advance(Clock::time_point now);

    /// Milliseconds until a slot that holds a timer comes round; -1 when there is none.
    [[nodiscard]] int milliseconds_to_next(Clock::time_point now) const noexcept;

private:
    static constexpr std::size_t slot_count = 4096;
    // So that a deadline and the present are told apart by 32 bits.
    static constexpr std::int64_t most_ticks = 0x7FFF'0000;

    /// The head of a slot's circular list; never told anything itself.
    struct Head final : Timer {
        Head() noexcept;
        ~Head() = default;
        void on_timer() override {}
    };

    [[nodiscard]] std::int64_t tick_milliseconds() const noexcept {
        return std::int64_t{1} << tick_bits_;
    }
    void link(Timer& timer, std::uint64_t deadline) noexcept;
    [[nodiscard]] std::uint64_t tick_of(Clock::time_point now) const noexcept;
    [[nodiscard]] bool slot_empty(std::size_t slot) const noexcept;
    void tell_slot(std::size_t slot, std::uint64_t now_tick);

    Clock::time_point start_;
    std::uint64_t current_ = 0;
    unsigned tick_bits_ = 2;
    std::array<Head, slot_count> slots_;
    // One bit a slot that may hold timers: set when one is armed, cleared when it is found empty.
    mutable std::array<std::uint64_t, slot_count / 64> occupied_ = {};
};

}  // namespace longwire::net
