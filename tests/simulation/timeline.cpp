#include "timeline.hpp"

#include <utility>

namespace longwire::simulation {

void Timeline::after(Time delay, std::function<void()> happening) {
    events_.push(
        {.time = now_ + delay, .place = chance_.number(), .happening = std::move(happening)});
}

bool Timeline::step() {
    if (events_.empty()) return false;
    // Moved out before the pop, which reads time and place alone.
    const auto happening = std::move(const_cast<Event&>(events_.top()).happening);
    now_ = events_.top().time;
    events_.pop();
    ++steps_;
    happening();
    return true;
}

}  // namespace longwire::simulation
