#pragma once

#include <chrono>
#include <cstdint>

namespace longwire::engine {

/// Counts the control frames of one peer, second by second.
class ControlFrameRate {
public:
    /// Counts one at `now`. False once there are more than `most` in one second; 0 is no limit.
    [[nodiscard]] bool count(std::chrono::steady_clock::time_point now,
                             std::uint16_t most) noexcept {
        const auto second = second_of(now);
        if (second != second_) frames_ = 0;
        second_ = second;
        if (most == 0 || ++frames_ <= most) return true;
        frames_ = 0;
        return false;
    }

    /// Whether there was none in the second of `now`.
    [[nodiscard]] bool quiet(std::chrono::steady_clock::time_point now) const noexcept {
        return frames_ == 0 || second_of(now) != second_;
    }

private:
    [[nodiscard]] static std::uint16_t second_of(
        std::chrono::steady_clock::time_point now) noexcept {
        return static_cast<std::uint16_t>(
            std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
    }

    std::uint16_t second_ = 0;
    std::uint16_t frames_ = 0;
};

}  // namespace longwire::engine
