#include "watchdog.hpp"

#include "finding.hpp"

#include <algorithm>
#include <string>

namespace longwire::stateful {

namespace {

// (Under ThreadSanitizer, beside other work, a flood takes its time.)
constexpr std::chrono::seconds patience{40};

std::chrono::milliseconds time_since(std::chrono::steady_clock::time_point then) noexcept {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 then);
}

}  // namespace

void Watchdog::look() {
    if (stopped_) return;
    const auto& loops = loops_.loops();
    if (watched_.empty()) watched_.resize(loops.count());
    const auto now = std::chrono::steady_clock::now();
    for (std::size_t loop = 0; loop < watched_.size(); ++loop) {
        Watched& its = watched_[loop];
        if (!its.asked) {
            its.since = now;
            its.asked = true;
            loops.post(loop, [&its, now] {
                its.longest = std::max(its.longest.load(), time_since(now));
                its.asked = false;
            });
        } else if (now - its.since > patience) {
            found("loop " + std::to_string(loop) + " has not turned for 40 s");
        }
    }
}

std::chrono::milliseconds Watchdog::longest() const noexcept {
    std::chrono::milliseconds longest{0};
    for (const Watched& its : watched_) {
        longest = std::max(longest, its.longest.load());
        if (its.asked && !stopped_) longest = std::max(longest, time_since(its.since));
    }
    return longest;
}

}  // namespace longwire::stateful
