#include "dialects/alarms.hpp"

#include <longwire/run.hpp>

namespace longwire::dialects {

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
        const auto first = alarms_.begin();
        const auto left = first->first.first - Clock::now();
        if (left.count() > 0) {
            waits_until_ = first->first.first;
            co_await sleep_for(std::chrono::ceil<std::chrono::milliseconds>(left));
            continue;
        }
        const auto ring = std::move(first->second);
        alarms_.erase(first);
        ring();
    }
}

}  // namespace longwire::dialects
