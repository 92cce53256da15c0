#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

namespace longwire::dialects {

/// What comes and goes by one way of speaking (HubLoops::tally). Each loop counts what happens on
/// it, and shares nothing with others for that; any thread may look.
class DialectTally {
public:
    enum Of : std::uint8_t {
        opened,          ///< Connections, or requests, that came.
        closed,          ///< Of those.
        received,        ///< Messages that were published.
        received_bytes,  ///< Their payloads.
        sent,            ///< Messages that were handed to receivers, each counted.
        sent_bytes,
        dropped,  ///< Messages that a newer one took the place of, for a slow receiver.
        cut,      ///< Connections that were ended since they read too slowly.
        kinds
    };

    DialectTally(std::string name, std::size_t loops) : name_(std::move(name)), on_loops_(loops) {}

    /// As it stands in figures: "raw".
    [[nodiscard]] const std::string& name() const noexcept { return name_; }

    /// On the thread of the loop of this number.
    void add(std::size_t loop, Of what, std::uint64_t count = 1) noexcept {
        auto& counted = on_loops_[loop].counts.at(what);
        counted.store(counted.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
    }
    void add_received(std::size_t loop, std::size_t bytes) noexcept {
        add(loop, received);
        add(loop, received_bytes, bytes);
    }
    /// A message of so many bytes went to so many.
    void add_sent(std::size_t loop, std::size_t bytes, std::size_t receivers = 1) noexcept {
        add(loop, sent, receivers);
        add(loop, sent_bytes, bytes * receivers);
    }

    /// Of all loops.
    [[nodiscard]] std::uint64_t sum(Of what) const noexcept {
        std::uint64_t all = 0;
        for (const OnLoop& loop : on_loops_)
            all += loop.counts.at(what).load(std::memory_order_relaxed);
        return all;
    }

private:
    // (Not in one line of the cache with that of another loop.)
    struct alignas(64) OnLoop {
        std::array<std::atomic<std::uint64_t>, kinds> counts = {};
    };

    std::string name_;
    std::deque<OnLoop> on_loops_;
};

}  // namespace longwire::dialects
