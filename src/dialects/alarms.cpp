#include "dialects/alarms.hpp"

#include "engine/log.hpp"

#include <longwire/run.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace longwire::dialects {

namespace {

// Beyond it, dates and the loop's clock would have no difference in nanoseconds.
constexpr std::chrono::seconds farthest = std::chrono::hours{24 * 365 * 10};
// Also where the time has passed: an alarm never rings within the call that sets it.
constexpr std::chrono::milliseconds shortest_wait{1};
constexpr std::chrono::milliseconds longest_wait = std::chrono::hours{1};

}  // namespace

Alarms::Clock::time_point Alarms::time_of(std::chrono::sys_seconds date) noexcept {
    const auto date_now = std::chrono::system_clock::now();
    const auto now = Clock::now();
    const std::chrono::seconds left = date - std::chrono::floor<std::chrono::seconds>(date_now);
    if (left < -farthest || left > farthest) return now + std::clamp(left, -farthest, farthest);
    return now + (date - date_now);
}

Alarms::Id Alarms::set(Clock::time_point when, std::function<void()> ring) {
    const Id id(when, ++latest_);
    alarms_.emplace(id, std::move(ring));
    // Whoever waits for a later one gives way.
    if (when < waits_until_) {
        waits_until_ = when;
        spawn(wait(++turn_));
    }
    return id;
}

Task<> Alarms::wait(std::uint64_t turn) {
    while (turn == turn_) {
        if (alarms_.empty()) {
            waits_until_ = Clock::time_point::max();
            co_return;
        }
        waits_until_ = alarms_.begin()->first.first;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(waits_until_ - Clock::now());
        co_await sleep_for(std::clamp(left, shortest_wait, longest_wait));
        if (turn == turn_) ring_due();
    }
}

/// Those whose time has passed by now. What they set is for later, or one that sets itself anew in
/// the past would keep the loop for ever.
void Alarms::ring_due() {
    const Id last(Clock::now(), latest_);
    const std::uint64_t set_before = latest_;
    for (auto next = alarms_.begin(); next != alarms_.end() && next->first <= last;) {
        const Id id = next->first;
        if (id.second <= set_before) {
            const auto ring = std::move(next->second);
            alarms_.erase(next);
            ring_one(ring);
        }
        // Whoever was called may have set others and called some off.
        next = alarms_.upper_bound(id);
    }
}

/// One that fails does not keep the others from ringing.
void Alarms::ring_one(const std::function<void()>& ring) noexcept {
    try {
        ring();
    } catch (...) {
        engine::log(LogLevel::error, "a timer threw an exception: " +
                                         std::string(engine::current_exception_words()));
    }
}

void Alarm::set(Alarms& alarms, Alarms::Clock::time_point when, std::function<void()> ring) {
    call_off();
    id_ = alarms.set(when, [this, ring = std::move(ring)] {
        alarms_ = nullptr;
        ring();
    });
    alarms_ = &alarms;
}

void Alarm::set_if_sooner(Alarms& alarms, std::chrono::sys_seconds date,
                          std::function<void()> ring) {
    const auto when = Alarms::time_of(date);
    if (alarms_ == nullptr || when < id_.first) set(alarms, when, std::move(ring));
}

}  // namespace longwire::dialects
