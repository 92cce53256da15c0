#include "ops/loop_lag.hpp"

#include "engine/server_loops.hpp"

#include <algorithm>

namespace longwire::ops {

LoopLag::LoopLag(Server& server) : server_(server) {
    const engine::ServerLoops loops(server);
    for (std::size_t loop = 0; loop < loops.count(); ++loop)
        on_loops_.push_back(std::make_shared<OnLoop>());
}

void LoopLag::probe() {
    const engine::ServerLoops loops(server_);
    for (std::size_t loop = 0; loop < on_loops_.size(); ++loop) {
        const auto& on_loop = on_loops_[loop];
        if (on_loop->waits.exchange(true)) continue;
        loops.post(loop, [on_loop, handed = Clock::now()] {
            on_loop->count(Clock::now() - handed);
            on_loop->waits = false;
        });
    }
}

void LoopLag::OnLoop::count(Clock::duration took) noexcept {
    const std::chrono::duration<double> waited = took;
    const auto place =
        static_cast<std::size_t>(std::ranges::lower_bound(bounds, waited.count()) - bounds.begin());
    auto& counted = counts.at(place);
    counted.store(counted.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    seconds.store(seconds.load(std::memory_order_relaxed) + waited.count(),
                  std::memory_order_relaxed);
}

void LoopLag::describe(Exposition& exposition) const {
    std::array<std::uint64_t, bounds.size() + 1> counts = {};
    double seconds = 0;
    for (const auto& on_loop : on_loops_) {
        for (std::size_t place = 0; place < counts.size(); ++place)
            counts.at(place) += on_loop->counts.at(place).load(std::memory_order_relaxed);
        seconds += on_loop->seconds.load(std::memory_order_relaxed);
    }
    exposition.histogram("loop_lag_seconds",
                         "How long an event waits for its event loop, measured twice a second.",
                         bounds, counts, seconds);
}

}  // namespace longwire::ops
