#pragma once

#include "chance.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

namespace longwire::simulation {

using Time = std::uint64_t;

/// Virtual time. What is due at the same moment happens in an order that is left to chance.
class Timeline {
public:
    explicit Timeline(Chance chance) noexcept : chance_(chance) {}

    [[nodiscard]] Time now() const noexcept { return now_; }
    [[nodiscard]] std::size_t steps() const noexcept { return steps_; }

    void after(Time delay, std::function<void()> happening);

    /// Lets the next thing happen. False where nothing is left.
    bool step();

private:
    struct Event {
        Time time;
        std::uint64_t place;
        std::function<void()> happening;

        bool operator<(const Event& other) const noexcept {
            return time != other.time ? time > other.time : place > other.place;
        }
    };

    std::priority_queue<Event> events_;
    Chance chance_;
    Time now_ = 0;
    std::size_t steps_ = 0;
};

}  // namespace longwire::simulation
