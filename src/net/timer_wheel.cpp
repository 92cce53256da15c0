#include "net/timer_wheel.hpp"

#include <algorithm>
#include <bit>

namespace longwire::net {

void Timer::disarm() noexcept {
    if (previous_ == nullptr) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = nullptr;
}

void Timer::link_after(Timer& head) noexcept {
    previous_ = &head;
    next_ = head.next_;
    head.next_->previous_ = this;
    head.next_ = this;
}

TimerWheel::Head::Head() noexcept {
    previous_ = next_ = this;
}

TimerWheel::TimerWheel(Clock::time_point start) noexcept : start_(start) {}

TimerWheel::~TimerWheel() {
    for (Head& head : slots_)
        while (head.next_ != &head) head.next_->disarm();
}

std::uint64_t TimerWheel::tick_of(Clock::time_point now) const noexcept {
    const auto elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(now - start_);
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, elapsed.count()) >> tick_bits_);
}

bool TimerWheel::slot_empty(std::size_t slot) const noexcept {
    return slots_[slot].next_ == &slots_[slot];
}

void TimerWheel::arm(Timer& timer, Clock::time_point now,
                     std::chrono::milliseconds after) noexcept {
    timer.disarm();
    // Rounded up, and one tick more for the part of this tick that has passed: never early. (Where
    // it is exact, no part of a tick passes.)
    const bool exact = tick_bits_ == 0;
    const std::int64_t tick = tick_milliseconds();
    const std::int64_t wanted = std::max<std::int64_t>(after.count(), 0) / tick +
                                (after.count() % tick > 0 ? 1 : 0) + (exact ? 0 : 1);
    const auto ticks = static_cast<std::uint64_t>(std::clamp<std::int64_t>(wanted, 1, most_ticks));
    link(timer, std::max(tick_of(now), current_) + ticks);
}

void TimerWheel::link(Timer& timer, std::uint64_t deadline) noexcept {
    timer.deadline_ = static_cast<std::uint32_t>(deadline);
    const std::size_t slot = deadline % slot_count;
    timer.link_after(slots_[slot]);
    occupied_[slot / 64] |= std::uint64_t{1} << (slot % 64);
}

void TimerWheel::be_exact(Clock::time_point now) noexcept {
    Head all;
    for (Head& head : slots_)
        while (head.next_ != &head) {
            Timer& timer = *head.next_;
            timer.disarm();
            timer.link_after(all);
        }
    const auto passed = static_cast<std::uint32_t>(current_);
    const std::int64_t tick = tick_milliseconds();
    start_ = now;
    current_ = 0;
    tick_bits_ = 0;
    while (all.next_ != &all) {
        Timer& timer = *all.next_;
        timer.disarm();
        const std::int64_t left = static_cast<std::int32_t>(timer.deadline_ - passed);
        link(timer, static_cast<std::uint64_t>(std::max<std::int64_t>(left * tick, 1)));
    }
    all.next_ = all.previous_ = nullptr;
}

void TimerWheel::advance(Clock::time_point now) {
    const std::uint64_t now_tick = tick_of(now);
    // After a long sleep one turn of the wheel sees every slot.
    const std::uint64_t steps = std::min<std::uint64_t>(now_tick - current_, slot_count);
    const std::uint64_t first = now_tick - steps + 1;
    current_ = now_tick;
    for (std::uint64_t tick = first; tick <= now_tick; ++tick)
        tell_slot(tick % slot_count, now_tick);
}

void TimerWheel::tell_slot(std::size_t slot, std::uint64_t now_tick) {
    if ((occupied_[slot / 64] >> (slot % 64) & 1) == 0) return;
    Head& head = slots_[slot];
    // Timers may disarm each other while they are told, so the list is moved aside and taken from
    // its front; those that are not due yet are put back.
    Head due;
    if (head.next_ != &head) {
        due.next_ = head.next_;
        due.previous_ = head.previous_;
        due.next_->previous_ = &due;
        due.previous_->next_ = &due;
        head.next_ = head.previous_ = &head;
    }
    while (due.next_ != &due) {
        Timer& timer = *due.next_;
        timer.disarm();
        if (static_cast<std::int32_t>(timer.deadline_ - static_cast<std::uint32_t>(now_tick)) > 0)
            timer.link_after(head);
        else
            timer.on_timer();
    }
    due.next_ = due.previous_ = nullptr;
    if (slot_empty(slot)) occupied_[slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
}

int TimerWheel::milliseconds_to_next(Clock::time_point now) const noexcept {
    const std::uint64_t first = current_ + 1;
    for (std::uint64_t step = 0; step < slot_count;) {
        const std::size_t slot = (first + step) % slot_count;
        std::uint64_t& word = occupied_[slot / 64];
        const std::uint64_t rest = word >> (slot % 64);
        if (rest == 0) {
            step += 64 - slot % 64;
            continue;
        }
        const auto skipped = static_cast<std::size_t>(std::countr_zero(rest));
        step += skipped;
        if (step >= slot_count) break;
        const std::size_t found = slot + skipped;
        if (slot_empty(found)) {
            word &= ~(std::uint64_t{1} << (found % 64));
            ++step;
            continue;
        }
        const auto at = start_ + std::chrono::milliseconds(static_cast<std::int64_t>(first + step) *
                                                           tick_milliseconds());
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(at - now).count();
        return static_cast<int>(std::max<std::int64_t>(0, wait));
    }
    return -1;
}

}  // namespace longwire::net
