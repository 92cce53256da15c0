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

    Id set(Clock::time_point when, std::function<void()> ring);
    void call_off(const Id& id) { alarms_.erase(id); }
    /// If there is one, and forgets it.
    void call_off(std::optional<Id>& id) {
        if (id) alarms_.erase(*id);
        id.reset();
    }

private:
    Task<> wait(std::uint64_t turn);

    std::map<Id, std::function<void()>> alarms_;
    std::uint64_t latest_ = 0;
    std::uint64_t turn_ = 0;  // of the one who waits
    Clock::time_point waits_until_ = Clock::time_point::max();
};

}  // namespace longwire::dialects
