#include "engine/leaving_time.hpp"

#include "net/stream.hpp"

#include <algorithm>
#include <utility>

namespace longwire::engine {

namespace {

constexpr int looks = 4;

}  // namespace

void LeavingTime::begin(Clock::time_point now, std::chrono::milliseconds within) noexcept {
    begun_ = now;
    end_ = begun_ + within + times_.usual;
    longest_ = begun_ + within + times_.longest;
    next_look_ = begun_ + within;
}

bool LeavingTime::over(net::Loop& loop) {
    const auto now = loop.clock();
    if (now >= next_look_) {
        next_look_ = now + times_.usual / looks;
        std::size_t on_its_way = 0;
        loop.each_stream([&](const net::Stream& stream) { on_its_way += stream.unacknowledged(); });
        const std::size_t before = std::exchange(on_its_way_, on_its_way);
        // (Nobody who was told to go is sent more.)
        if (before >= on_its_way + net::Uptake::least_progress)
            end_ = std::min(std::max(end_, now + times_.usual), longest_);
    }
    return now >= end_;
}

}  // namespace longwire::engine
