#pragma once

#include "cli/bench/latency_histogram.hpp"

#include <longwire/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace longwire::cli {

/// What a run of `longwire bench` has measured.
struct Measurement {
    std::chrono::nanoseconds time = {};  ///< For which messages were counted.
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::uint64_t bytes_received = 0;  ///< Of payload.
    std::uint64_t handshakes = 0;      ///< Connections made, where they are what is counted.
    LatencyHistogram latencies;   ///< From when a message was due to its answer; of handshakes,
                                  ///< from the first packet to the answer.
    LatencyHistogram connecting;  ///< From the first packet to the answered handshake.
    std::size_t connected = 0;
    std::uint64_t failed = 0;   ///< Connections that could not be made, or were lost.
    std::uint64_t foreign = 0;  ///< Messages that answer nothing that was sent.
    std::map<std::string, std::uint64_t> errors;  ///< By what happened.

    [[nodiscard]] std::uint64_t error_count() const noexcept;
    /// Messages received, or handshakes made, in a second.
    [[nodiscard]] double rate() const noexcept;
    /// A figure by its name ("p99.9", "max", "mean", "connect-p99", "rate", "errors"): nanoseconds
    /// of times, else a plain number. Nothing for any other name.
    [[nodiscard]] std::optional<double> figure(std::string_view name) const;

    void add(const Measurement& other);
};

/// Whether the figure of that name is a time; nothing where there is no such figure.
[[nodiscard]] std::optional<bool> is_time(std::string_view figure);

}  // namespace longwire::cli
