#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace longwire::cli {

/// Counts times by their size, to within 1.6 % each, from a nanosecond to some 18 minutes, in a
/// fixed 18 KiB: powers of two, each in 64 equal parts.
class LatencyHistogram {
public:
    using Time = std::chrono::nanoseconds;

    /// Times below 0 count as 0, those above the range as its end.
    void record(Time time, std::uint64_t times = 1) noexcept;
    void add(const LatencyHistogram& other) noexcept;

    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    /// The time that `share` (0 to 1) of all did not exceed; 0 where nothing was recorded. Not
    /// above the greatest that was.
    [[nodiscard]] Time quantile(double share) const noexcept;
    [[nodiscard]] Time greatest() const noexcept { return greatest_; }
    [[nodiscard]] Time mean() const noexcept;
    /// How many took less than `time`, to within the width of a part.
    [[nodiscard]] std::uint64_t count_below(Time time) const noexcept;

private:
    static constexpr unsigned part_bits = 6;
    static constexpr std::size_t parts = std::size_t{1} << part_bits;
    static constexpr unsigned most_bits = 40;

    [[nodiscard]] static std::size_t place_of(std::uint64_t value) noexcept;
    [[nodiscard]] static std::uint64_t greatest_at(std::size_t place) noexcept;

    std::array<std::uint64_t, (most_bits - part_bits + 1) * parts> counts_ = {};
    std::uint64_t count_ = 0;
    double sum_ = 0;
    Time greatest_ = Time(0);
};

}  // namespace longwire::cli
