#pragma once

#include <longwire/task.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <utility>

namespace longwire::dialects {

/// What is to be done at some time on one loop, for as long as it is not called off. On the thread
/// of that loop only.
class Alarms {
public:
    using Clock = std::chrono::steady_clock;
    using Id = std::pair<Clock::time_point, std::uint64_t>;

    Alarms() = default;
    Alarms(const Alarms&) = delete;
    Alarms& operator=(const Alarms&) = delete;
    ~Alarms() = default;

    /// Calls `ring` once, from the loop: never before this returns, and soon where the time has
    /// passed. An exception of one is logged, and the others ring.
    Id set(Clock::time_point when, std::function<void()> ring);
    /// The same at a date.
    Id set(std::chrono::sys_seconds date, std::function<void()> ring) {
        return set(time_of(date), std::move(ring));
    }
    /// When a date will be. (Of the two clocks only one knows dates, and only the other never
    /// jumps.) Of a date more than ten years away: in ten years.
    [[nodiscard]] static Clock::time_point time_of(std::chrono::sys_seconds date) noexcept;
    void call_off(const Id& id) noexcept { alarms_.erase(id); }
    void call_off(std::optional<Id>& id) {
        if (id) alarms_.erase(*id);
        id.reset();
    }

private:
    Task<> wait(std::uint64_t turn);
    void ring_due();
    static void ring_one(const std::function<void()>& ring) noexcept;

    std::map<Id, std::function<void()>> alarms_;
    std::uint64_t latest_ = 0;
    std::uint64_t turn_ = 0;  // of the one who waits
    Clock::time_point waits_until_ = Clock::time_point::max();
};

/// An alarm of somebody who has one at a time: what is set takes the place of what was set before,
/// and nothing rings once its holder has gone, so that `ring` may name the holder. `alarms` must
/// outlive it.
class Alarm {
public:
    Alarm() = default;
    ~Alarm() { call_off(); }
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

    void set(Alarms& alarms, Alarms::Clock::time_point when, std::function<void()> ring);
    void set(Alarms& alarms, std::chrono::sys_seconds date, std::function<void()> ring) {
        set(alarms, Alarms::time_of(date), std::move(ring));
    }
    /// Without a date it is called off.
    void set(Alarms& alarms, std::optional<std::chrono::sys_seconds> date,
             std::function<void()> ring) {
        if (date) return set(alarms, *date, std::move(ring));
        call_off();
    }
    /// Unless one is set that rings before.
    void set_if_sooner(Alarms& alarms, std::chrono::sys_seconds date, std::function<void()> ring);
    void call_off() noexcept {
        if (Alarms* const alarms = std::exchange(alarms_, nullptr)) alarms->call_off(id_);
    }

private:
    Alarms* alarms_ = nullptr;  // null: it is not set
    Alarms::Id id_;
};

}  // namespace longwire::dialects
