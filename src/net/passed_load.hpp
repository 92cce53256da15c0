#pragma once

#include "net/timer_wheel.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace longwire::net {

/// Returns memory to the system once a load has passed. An allocator keeps what lies between things
/// that are still in use, so that one burst of connections would show in the size of the process
/// for as long as it lives.
class PassedLoad final : private Timer {
public:
    explicit PassedLoad(TimerWheel& timers) noexcept : timers_(timers) {}

    /// How much there is now. When it is less than half of what it was, and still is after
    /// `patience`, memory is returned.
    void look(TimerWheel::Clock::time_point now, std::size_t connections,
              std::size_t held_bytes) noexcept {
        connections_.note(connections);
        held_bytes_.note(held_bytes);
        if (has_passed() && !armed()) [[unlikely]]
            timers_.arm(*this, now, patience);
    }

    /// How often memory was returned.
    [[nodiscard]] std::uint32_t returned() const noexcept { return returned_; }

    // Less is not worth a walk through all that is free, which takes some milliseconds.
    static constexpr std::size_t least_connections = 1000;
    static constexpr std::size_t least_bytes = std::size_t{16} * 1024 * 1024;
    static constexpr std::chrono::milliseconds patience = std::chrono::seconds(2);

private:
    struct Level {
        std::size_t highest = 0;
        std::size_t now = 0;

        void note(std::size_t amount) noexcept {
            now = amount;
            highest = std::max(highest, amount);
        }
        [[nodiscard]] bool fell_by(std::size_t least) const noexcept {
            return highest - now >= std::max(least, highest / 2);
        }
    };

    void on_timer() override;
    [[nodiscard]] bool has_passed() const noexcept {
        return connections_.fell_by(least_connections) || held_bytes_.fell_by(least_bytes);
    }

    TimerWheel& timers_;
    Level connections_;
    Level held_bytes_;
    std::uint32_t returned_ = 0;
};

}  // namespace longwire::net
