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
        using std::chrono::seconds;
        const auto second = static_cast<std::uint16_t>(
            std::chrono::duration_cast<seconds>(now.time_since_epoch()).count());
        if (second != second_) frames_ = 0;
        second_ = second;
        if (most == 0 || ++frames_ <= most) return true;
        frames_ = 0;
        return false;
    }

private:
    std::uint16_t second_ = 0;
    std::uint16_t frames_ = 0;
};

}  // namespace longwire::engine
