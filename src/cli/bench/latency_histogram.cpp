#include "cli/bench/latency_histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace longwire::cli {

std::size_t LatencyHistogram::place_of(std::uint64_t value) noexcept {
    value = std::min(value, (std::uint64_t{1} << most_bits) - 1);
    if (value < parts) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - part_bits;
    // The leading bit says which row; the bits after it which part.
    return (std::size_t{shift} + 1) * parts + static_cast<std::size_t>(value >> shift) - parts;
}

std::uint64_t LatencyHistogram::greatest_at(std::size_t place) noexcept {
    if (place < parts) return place;
    const std::size_t shift = place / parts - 1;
    const std::uint64_t part = place % parts + parts;
    return ((part + 1) << shift) - 1;
}

void LatencyHistogram::record(Time time, std::uint64_t times) noexcept {
    time = std::max(time, Time(0));
    counts_[place_of(static_cast<std::uint64_t>(time.count()))] += times;
    count_ += times;
    sum_ += static_cast<double>(time.count()) * static_cast<double>(times);
    greatest_ = std::max(greatest_, time);
}

void LatencyHistogram::add(const LatencyHistogram& other) noexcept {
    for (std::size_t place = 0; place < counts_.size(); ++place)
        counts_[place] += other.counts_[place];
    count_ += other.count_;
    sum_ += other.sum_;
    greatest_ = std::max(greatest_, other.greatest_);
}

LatencyHistogram::Time LatencyHistogram::quantile(double share) const noexcept {
    if (count_ == 0) return Time(0);
    const double wanted = std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_));
    const auto least = std::max<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1);
    std::uint64_t seen = 0;
    for (std::size_t place = 0; place < counts_.size(); ++place) {
        seen += counts_[place];
        if (seen >= least)
            return std::min(Time(static_cast<Time::rep>(greatest_at(place))), greatest_);
    }
    return greatest_;
}

LatencyHistogram::Time LatencyHistogram::mean() const noexcept {
    if (count_ == 0) return Time(0);
    return Time(static_cast<Time::rep>(sum_ / static_cast<double>(count_)));
}

std::uint64_t LatencyHistogram::count_below(Time time) const noexcept {
    if (time <= Time(0)) return 0;
    const std::size_t end = place_of(static_cast<std::uint64_t>(time.count()));
    std::uint64_t seen = 0;
    for (std::size_t place = 0; place < end; ++place) seen += counts_[place];
    return seen;
}

}  // namespace longwire::cli
