// What a load counts, and the processor time of the server meanwhile.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

using Clock = std::chrono::steady_clock;

std::size_t resident_bytes(int process);

/// The first half second is not counted: caches are cold then, and buffers still grow.
class Tally {
public:
    Tally(double seconds, int server) : seconds_(seconds), server_(server) {}

    void count(std::uint64_t messages) { messages_ += messages; }
    void took(Clock::duration time) { times_.push_back(time); }

    /// Whether the time is over, to be asked once a turn.
    bool over();
    /// Messages a second, processor microseconds a message, p99 in microseconds.
    void report();
    [[nodiscard]] std::uint64_t messages() const { return messages_; }

private:
    double seconds_;
    int server_;
    Clock::time_point start_ = Clock::now();
    Clock::time_point begun_;
    double taken_ = 0;
    double processor_ = 0;
    bool measuring_ = false;
    unsigned turns_ = 0;
    std::uint64_t messages_ = 0;
    std::vector<Clock::duration> times_;
};
