#pragma once

#include "protocol/masking_key.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

namespace longwire::engine {

/// How long the peer took to answer the latest of our own pings. Each has a payload that nobody
/// can foresee, so that no other pong is taken for its answer (RFC 6455, section 5.5.3).
class RoundTrip {
public:
    using Clock = std::chrono::steady_clock;
    static constexpr std::size_t ping_size = sizeof(protocol::MaskingKey);

    /// The connection was opened: the time of the first ping counts from here.
    void begin(Clock::time_point opened) noexcept { pinged_ = opened; }

    /// A ping is sent now: gives its payload, valid until the next is.
    [[nodiscard]] std::span<const std::byte> ping(Clock::time_point now) noexcept {
        payload_ = protocol::random_masking_key();
        pinged_ = now;
        unanswered_ = true;
        return payload_;
    }

    /// A pong has come. The microseconds it took, at least 1, if it answers the latest ping; else
    /// 0.
    [[nodiscard]] std::uint32_t answered(std::span<const std::byte> payload,
                                         Clock::time_point now) noexcept {
        if (!unanswered_ || !std::ranges::equal(payload, payload_)) return 0;
        unanswered_ = false;
        constexpr std::int64_t longest = std::numeric_limits<std::uint32_t>::max();
        const auto taken = std::chrono::duration_cast<std::chrono::microseconds>(now - pinged_);
        return static_cast<std::uint32_t>(std::clamp<std::int64_t>(taken.count(), 1, longest));
    }

    /// When the latest ping was sent; before the first, when the connection was opened.
    [[nodiscard]] Clock::time_point pinged() const noexcept { return pinged_; }
    [[nodiscard]] bool unanswered() const noexcept { return unanswered_; }

private:
    Clock::time_point pinged_;
    protocol::MaskingKey payload_ = {};
    bool unanswered_ = false;
};

}  // namespace longwire::engine
