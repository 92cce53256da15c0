#pragma once

#include "net/loop.hpp"

#include <chrono>
#include <cstddef>

namespace longwire::engine {

/// How long a loop that leaves waits for those who are still there: some seconds, once all were
/// told to go, and longer for as long as somebody takes what was sent before.
class LeavingTime {
public:
    using Clock = net::Loop::Clock;
    struct Times {
        /// For an answer to our close frame.
        std::chrono::milliseconds usual = std::chrono::seconds(5);
        /// However slowly somebody takes what comes before it.
        std::chrono::milliseconds longest = std::chrono::seconds(60);
    };

    explicit LeavingTime(Times times) noexcept : times_(times) {}

    /// By the end of `within` from now all are told to go.
    void begin(Clock::time_point now, std::chrono::milliseconds within) noexcept;
    /// Whether it is over.
    [[nodiscard]] bool over(net::Loop& loop);

    [[nodiscard]] bool begun() const noexcept { return end_ != Clock::time_point(); }
    [[nodiscard]] Clock::time_point when_begun() const noexcept { return begun_; }

private:
    Times times_;
    Clock::time_point begun_;
    Clock::time_point end_;
    Clock::time_point longest_;
    Clock::time_point next_look_;
    std::size_t on_its_way_ = 0;  // to all together, at the latest look
};

}  // namespace longwire::engine
