#pragma once

#include "net/loop.hpp"
#include "net/timer_wheel.hpp"

#include <map>

namespace longwire::net {

/// Something that wants to be told when a time has come, and not milliseconds later as by the
/// wheel, which it uses only for the way there.
class FineTimer : private Timer {
public:
    using Clock = TimerWheel::Clock;

    FineTimer() = default;
    FineTimer(const FineTimer&) = delete;
    FineTimer& operator=(const FineTimer&) = delete;

    /// `on_due` is called once, not before `due`, and not within this call. Once.
    void start(Loop& loop, Clock::time_point due);

protected:
    ~FineTimer();

private:
    friend class FineTimers;
    virtual void on_due() = 0;
    void on_timer() override;
    void wait_on_wheel(Clock::time_point now) noexcept;

    Loop* loop_ = nullptr;
    Clock::time_point due_;
    bool near_ = false;  // it is in the loop's row of those that are due soon
    std::multimap<Clock::time_point, FineTimer*>::iterator place_;
};

/// Those of one loop that are due soon, by a timer of the system.
class FineTimers final : private Watcher {
public:
    explicit FineTimers(Loop& loop) noexcept;
    ~FineTimers();
    FineTimers(const FineTimers&) = delete;
    FineTimers& operator=(const FineTimers&) = delete;

    /// False where the system has no timer for us.
    [[nodiscard]] bool works() const noexcept { return static_cast<bool>(timer_); }
    void add(FineTimer& timer);
    void remove(FineTimer& timer) noexcept;

private:
    using Clock = TimerWheel::Clock;

    void on_ready(std::uint32_t events) override;
    void set() noexcept;

    Loop& loop_;
    Descriptor timer_;
    Clock::time_point set_for_ = Clock::time_point::max();
    std::multimap<Clock::time_point, FineTimer*> row_;
};

}  // namespace longwire::net
