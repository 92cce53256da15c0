#include "cli/bench/measurement.hpp"

#include <charconv>
#include <system_error>

namespace longwire::cli {

namespace {

/// The share that "p99.9" stands for; nothing for another name.
std::optional<double> share_of(std::string_view name) {
    if (!name.starts_with('p')) return std::nullopt;
    double percent = 0;
    const auto* const end = name.data() + name.size();
    const auto [read, error] = std::from_chars(name.data() + 1, end, percent);
    if (error != std::errc() || read != end || percent < 0 || percent > 100) return std::nullopt;
    return percent / 100;
}

std::optional<double> figure_of(const LatencyHistogram& times, std::string_view name) {
    const auto number = [](LatencyHistogram::Time time) {
        return static_cast<double>(time.count());
    };
    if (name == "max") return number(times.greatest());
    if (name == "mean") return number(times.mean());
    if (const auto share = share_of(name)) return number(times.quantile(*share));
    return std::nullopt;
}

constexpr std::string_view connect_prefix = "connect-";

}  // namespace

std::uint64_t Measurement::error_count() const noexcept {
    std::uint64_t count = 0;
    for (const auto& [what, times] : errors) count += times;
    return count;
}

double Measurement::rate() const noexcept {
    const double seconds = std::chrono::duration<double>(time).count();
    return seconds > 0 ? static_cast<double>(received + handshakes) / seconds : 0;
}

std::optional<double> Measurement::figure(std::string_view name) const {
    if (name == "rate") return rate();
    if (name == "errors") return static_cast<double>(error_count());
    if (name.starts_with(connect_prefix))
        return figure_of(connecting, name.substr(connect_prefix.size()));
    return figure_of(latencies, name);
}

void Measurement::add(const Measurement& other) {
    time = std::max(time, other.time);
    sent += other.sent;
    received += other.received;
    bytes_received += other.bytes_received;
    handshakes += other.handshakes;
    latencies.add(other.latencies);
    connecting.add(other.connecting);
    connected += other.connected;
    failed += other.failed;
    foreign += other.foreign;
    for (const auto& [what, times] : other.errors) errors[what] += times;
}

std::optional<bool> is_time(std::string_view figure) {
    if (figure == "rate" || figure == "errors") return false;
    if (Measurement().figure(figure)) return true;
    return std::nullopt;
}

}  // namespace longwire::cli
