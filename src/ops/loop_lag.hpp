#pragma once

#include "ops/exposition.hpp"

#include <longwire/server.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace longwire::ops {

/// How long each loop of a server lets wait what has come for it: measured by handing it something
/// now and then, on another thread.
class LoopLag {
public:
    /// `server` must outlive this.
    explicit LoopLag(Server& server);

    /// Hands each loop something, unless it still has what it was handed before. One thread.
    void probe();
    /// Any thread.
    void describe(Exposition& exposition) const;

private:
    using Clock = std::chrono::steady_clock;
    static constexpr std::array<double, 8> bounds = {0.0001, 0.0005, 0.001, 0.005,
                                                     0.01,   0.05,   0.1,   0.5};
    // Shared with what is under way to the loop, which may come to nothing.
    struct OnLoop {
        std::atomic<bool> waits = false;
        // Written by the loop alone.
        std::array<std::atomic<std::uint64_t>, bounds.size() + 1> counts = {};
        std::atomic<double> seconds = 0;

        void count(Clock::duration took) noexcept;
    };

    Server& server_;
    std::vector<std::shared_ptr<OnLoop>> on_loops_;
};

}  // namespace longwire::ops
