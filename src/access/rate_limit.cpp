#include "access/rate_limit.hpp"

#include <algorithm>

namespace longwire::access {

namespace {
constexpr std::chrono::milliseconds look_every{200};
}

void RateLimit::fill(const Rate& rate, Clock::time_point now) noexcept {
    const double most = std::max(rate.burst, 1.0);
    if (left_ < 0) {
        left_ = most;
    } else {
        const double seconds = std::chrono::duration<double>(now - filled_).count();
        left_ = std::min(most, left_ + seconds * rate.a_second);
    }
    filled_ = now;
}

bool RateLimit::take(const Rate& rate, Clock::time_point now) noexcept {
    if (rate.a_second <= 0) return true;
    fill(rate, now);
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
}

bool RateLimit::full(const Rate& rate, Clock::time_point now) noexcept {
    fill(rate, now);
    return left_ >= std::max(rate.burst, 1.0);
}

bool RateLimits::take(std::string_view key, RateLimit::Clock::time_point now) {
    if (rate_.a_second <= 0) return true;
    Shard& shard = shards_.at(TextHash()(key) % shards_.size());
    const std::scoped_lock lock(shard.mutex);
    auto found = shard.limits.find(key);
    if (found == shard.limits.end()) {
        if (shard.limits.size() >= most_in_shard && now >= shard.looked + look_every) {
            shard.looked = now;
            std::erase_if(shard.limits, [&](const auto& entry) {
                RateLimit limit = entry.second;
                return limit.full(rate_, now);
            });
        }
        if (shard.limits.size() >= most_in_shard) return false;
        found = shard.limits.try_emplace(std::string(key)).first;
    }
    return found->second.take(rate_, now);
}

std::size_t RateLimits::size() const {
    std::size_t all = 0;
    for (const Shard& shard : shards_) {
        const std::scoped_lock lock(shard.mutex);
        all += shard.limits.size();
    }
    return all;
}

}  // namespace longwire::access
