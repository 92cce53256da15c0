#include "net/fine_timer.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace longwire::net {

namespace {

// What the wheel, and a wait that is counted in whole milliseconds, may be late by.
constexpr std::chrono::milliseconds coarse{10};

}  // namespace

// ---- one ----------------------------------------------------------------------------------------

FineTimer::~FineTimer() {
    if (near_) loop_->fine_timers().remove(*this);
}

void FineTimer::start(Loop& loop, Clock::time_point due) {
    loop_ = &loop;
    due_ = due;
    const auto now = loop.clock();
    if (loop.clock_stands_still()) return wait_on_wheel(now);
    const bool fine = loop.fine_timers().works();
    if (fine && due - now <= 2 * coarse) return loop.fine_timers().add(*this);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(due - now);
    loop.timers().arm(*this, now, fine ? left - coarse : left);
}

void FineTimer::on_timer() {
    const auto now = loop_->clock();
    if (due_ <= now) return on_due();
    if (loop_->clock_stands_still() || !loop_->fine_timers().works()) return wait_on_wheel(now);
    loop_->fine_timers().add(*this);
}

void FineTimer::wait_on_wheel(Clock::time_point now) noexcept {
    loop_->timers().arm(*this, now, std::chrono::ceil<std::chrono::milliseconds>(due_ - now));
}

// ---- those of a loop ----------------------------------------------------------------------------

FineTimers::FineTimers(Loop& loop) noexcept
    : loop_(loop), timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {
    if (timer_ && loop.watch(*this, timer_.get(), EPOLLIN) != 0) timer_.reset();
}

FineTimers::~FineTimers() {
    for (const auto& [due, timer] : row_) timer->near_ = false;
    if (timer_) loop_.unwatch(*this, timer_.get());
}

void FineTimers::add(FineTimer& timer) {
    timer.place_ = row_.emplace(timer.due_, &timer);
    timer.near_ = true;
    if (timer.due_ < set_for_) set();
}

void FineTimers::remove(FineTimer& timer) noexcept {
    row_.erase(timer.place_);
    timer.near_ = false;
}

/// For the first of them. (One that went before its time costs a look that finds nothing.)
void FineTimers::set() noexcept {
    if (row_.empty()) return;
    set_for_ = row_.begin()->first;
    const auto at = set_for_.time_since_epoch();
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(at);
    itimerspec when = {};
    when.it_value.tv_sec = static_cast<time_t>(seconds.count());
    when.it_value.tv_nsec = static_cast<long>(std::chrono::nanoseconds(at - seconds).count());
    (void)timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

void FineTimers::on_ready(std::uint32_t /*events*/) {
    std::uint64_t times = 0;
    [[maybe_unused]] const auto size = ::read(timer_.get(), &times, sizeof times);
    set_for_ = Clock::time_point::max();
    // Those that begin meanwhile are for a later turn.
    const auto now = Clock::now();
    while (!row_.empty() && row_.begin()->first <= now) {
        FineTimer& timer = *row_.begin()->second;
        remove(timer);
        timer.on_due();
    }
    if (!row_.empty() && row_.begin()->first < set_for_) set();
}

}  // namespace longwire::net
