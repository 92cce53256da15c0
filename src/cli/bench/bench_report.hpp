#pragma once

#include "cli/bench/bench_options.hpp"
#include "cli/bench/measurement.hpp"

#include <string>

namespace longwire::cli {

/// A measurement for a person, on several lines.
[[nodiscard]] std::string report_for_people(const BenchOptions& options,
                                            const Measurement& measurement);

/// The same for a program: one JSON object on one line. Times are in nanoseconds.
[[nodiscard]] std::string report_as_json(const BenchOptions& options,
                                         const Measurement& measurement);

/// "12.3 ms"
[[nodiscard]] std::string time_in_words(double nanoseconds);
/// "1,234,567"
[[nodiscard]] std::string grouped(std::uint64_t number);

}  // namespace longwire::cli
