#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace longwire::cli {

struct Measurement;

/// A bound on one figure of a measurement, as "p99>5ms": where it holds, the measurement has
/// failed.
struct Threshold {
    std::string text;    ///< As it was written.
    std::string figure;  ///< "p99.9", "max", "mean", "rate", "errors".
    bool above = true;   ///< Whether more than `value` fails; else less.
    double value = 0;    ///< Nanoseconds of times, else a plain number.

    /// Reads "FIGURE>VALUE" or "FIGURE<VALUE"; a time has a unit (ns, us, ms, s), any other number
    /// has none. What is wrong with it, otherwise.
    [[nodiscard]] static std::expected<Threshold, std::string> parse(std::string_view text);

    [[nodiscard]] bool fails(const Measurement& measurement) const;
};

}  // namespace longwire::cli
