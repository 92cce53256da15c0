#pragma once

#include "access/channel_rule.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace longwire::access {

/// A token bucket: filled at a rate, up to its burst; each action takes one out.
class RateLimit {
public:
    using Clock = std::chrono::steady_clock;

    /// False where there is none left. A rate of 0 has no limit.
    [[nodiscard]] bool take(const Rate& rate, Clock::time_point now) noexcept;
    /// Whether it is as if nothing had ever been taken.
    [[nodiscard]] bool full(const Rate& rate, Clock::time_point now) noexcept;

private:
    void fill(const Rate& rate, Clock::time_point now) noexcept;

    double left_ = -1;  // -1: full
    Clock::time_point filled_ = {};
};

/// One of those for each of many: users, or addresses. Any thread.
class RateLimits {
public:
    explicit RateLimits(Rate rate) noexcept : rate_(rate) {}
    RateLimits(const RateLimits&) = delete;
    RateLimits& operator=(const RateLimits&) = delete;
    ~RateLimits() = default;

    [[nodiscard]] bool take(std::string_view key, RateLimit::Clock::time_point now);
    [[nodiscard]] std::size_t size() const;

private:
    // Those that are full again are forgotten once so many are known. If that many are not, nobody
    // new gets in until some are.
    static constexpr std::size_t most_in_shard = 4096;
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>()(text);
        }
    };
    struct Shard {
        mutable std::mutex mutex;
        std::unordered_map<std::string, RateLimit, TextHash, std::equal_to<>> limits;
        // When it was last looked through: whoever sends from many addresses should not have that
        // done for each.
        RateLimit::Clock::time_point looked = {};
    };

    Rate rate_;
    std::array<Shard, 16> shards_;
};

}  // namespace longwire::access
