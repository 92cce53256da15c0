#pragma once

#include "cli/bench/bench_options.hpp"
#include "cli/bench/measurement.hpp"
#include "cli/bench/pacer.hpp"

#include <longwire/longwire.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace longwire::cli {

using BenchClock = std::chrono::steady_clock;

/// What all threads of a run share: when to measure, and how far they are.
struct Run {
    std::atomic<BenchClock::rep> begin = INT64_MAX;  ///< Of the measurement, once it is known.
    std::atomic<BenchClock::rep> end = INT64_MAX;
    std::atomic<std::size_t> settled = 0;  ///< Connections that were made, or could not be.
    std::atomic<std::uint64_t> received = 0;
    std::atomic<std::uint64_t> talks = 0;  ///< Connections that have ever been open.
    std::atomic<bool> stopped = false;     ///< By Ctrl-C.

    [[nodiscard]] bool over(BenchClock::time_point now) const noexcept {
        return now.time_since_epoch().count() >= end.load(std::memory_order_relaxed) ||
               stopped.load(std::memory_order_relaxed);
    }
};

/// The share of one thread: its connections, on a loop of its own.
class Load {
public:
    Load(const BenchOptions& options, Run& run, std::string payload, std::size_t connections,
         std::size_t publishers);
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    /// Runs to the end of the run, in the calling thread.
    void work();

    [[nodiscard]] Measurement& measurement() noexcept { return measurement_; }

private:
    struct Talk;

    Task<> drive();
    Task<> open_all();
    Task<> connection(bool publishes);
    Task<> handshakes();
    Task<Result<WebSocket>> make_connection(bool publishes);
    Task<> converse(WebSocket& socket, bool publishes);
    Task<> pace();
    bool send_one(Talk& talk, BenchClock::time_point due);
    bool took(Talk& talk, const Message& message, BenchClock::time_point now);
    void overheard(const Message& message, BenchClock::time_point now);
    void count_foreign();
    [[nodiscard]] bool fans_out() const noexcept { return options_.publishers > 0; }
    void record(BenchClock::time_point due, std::size_t size, BenchClock::time_point now);
    void count_error(std::string what);
    [[nodiscard]] bool measures(BenchClock::time_point now) const noexcept;

    const BenchOptions& options_;
    Run& run_;
    std::size_t connections_;
    std::size_t publishers_;
    std::size_t unsettled_ = 0;  // connections that are being made
    std::size_t open_ = 0;
    std::vector<HeaderField> headers_;
    std::size_t next_source_ = 0;
    std::string payload_;
    std::vector<Talk*> paced_;  // those that the pacer sends on
    std::size_t next_paced_ = 0;
    Measurement measurement_;
    std::uint64_t unreported_ = 0;
};

}  // namespace longwire::cli
