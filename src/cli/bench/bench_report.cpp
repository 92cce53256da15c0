#include "cli/bench/bench_report.hpp"

#include "cli/bench/glyphs.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>

namespace longwire::cli {

namespace {

struct Quantile {
    std::string_view name;
    double share;
};

constexpr std::array<Quantile, 7> quantiles = {{{"p50", 0.5},
                                                {"p75", 0.75},
                                                {"p90", 0.9},
                                                {"p99", 0.99},
                                                {"p99.9", 0.999},
                                                {"p99.99", 0.9999},
                                                {"max", 1}}};

double number(LatencyHistogram::Time time) {
    return static_cast<double>(time.count());
}

std::string bytes_in_words(double bytes) {
    constexpr std::array<std::string_view, 5> units = {"B", "KiB", "MiB", "GiB", "TiB"};
    std::size_t unit = 0;
    for (; bytes >= 1024 && unit + 1 < units.size(); ++unit) bytes /= 1024;
    return fmt::format("{:.1f} {}", bytes, units[unit]);
}

/// A bar on a logarithmic scale, since p99.99 is often a hundred times p50.
std::string bar(double value, double least, double greatest) {
    constexpr double width = 32;
    if (greatest <= least || value <= least) return std::string(glyphs().bar);
    const double part = std::log(value / least) / std::log(greatest / least);
    std::string drawn;
    for (int count = 0; count <= static_cast<int>(part * width); ++count) drawn += glyphs().bar;
    return drawn;
}

std::string table_of(const LatencyHistogram& times) {
    std::string table;
    const double least = std::max(number(times.quantile(quantiles.front().share)), 1.0);
    const double greatest = number(times.greatest());
    for (const auto& [name, share] : quantiles) {
        const double time = number(times.quantile(share));
        table += fmt::format("    {:<7}{:>10}  {}\n", name, time_in_words(time),
                             bar(time, least, greatest));
    }
    return table;
}

std::string in_quotes(std::string_view text) {
    std::string quoted = "\"";
    for (const char letter : text) {
        const auto byte = static_cast<unsigned char>(letter);
        if (letter == '"' || letter == '\\')
            quoted += fmt::format("\\{}", letter);
        else if (byte < 0x20)
            quoted += fmt::format("\\u{:04x}", byte);
        else
            quoted += letter;
    }
    return quoted + "\"";
}

std::string json_of(const LatencyHistogram& times) {
    std::string json =
        fmt::format(R"({{"count":{},"mean":{})", times.count(), times.mean().count());
    for (const auto& [name, share] : quantiles)
        json += fmt::format(R"(,"{}":{})", name, times.quantile(share).count());
    return json + "}";
}

std::string what_was_done(const BenchOptions& options) {
    std::string words = fmt::format("{} connections", grouped(options.connections));
    if (options.threads > 1) words += fmt::format(" on {} threads", options.threads);
    if (options.idle) return words + ", idle";
    if (options.handshakes) return words + " at a time, made and closed";
    words += fmt::format(", {} bytes", grouped(options.size));
    if (options.publishers > 0)
        words += fmt::format(" from {} publishers to all", options.publishers);
    if (options.rate > 0) return words + fmt::format(", {} a second", grouped(options.rate));
    return words + fmt::format(", {} on the way", options.depth);
}

}  // namespace

std::string time_in_words(double nanoseconds) {
    struct Unit {
        double size;
        std::string_view name;
    };
    const std::array<Unit, 4> units = {
        {{1e9, "s"}, {1e6, "ms"}, {1e3, glyphs().microseconds}, {1, "ns"}}};
    for (const auto& [size, name] : units) {
        if (nanoseconds < size && size > 1) continue;
        const double value = nanoseconds / size;
        return fmt::format("{:.{}f} {}", value,
                           value < 10 && size > 1    ? 2
                           : value < 100 && size > 1 ? 1
                                                     : 0,
                           name);
    }
    return "0 ns";
}

std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t place = digits.size(); place > 3;) digits.insert(place -= 3, ",");
    return digits;
}

std::string report_for_people(const BenchOptions& options, const Measurement& measurement) {
    const double seconds = std::chrono::duration<double>(measurement.time).count();
    std::string report =
        fmt::format("{}\n  {}, {:.1f} s\n\n", options.url, what_was_done(options), seconds);
    report += fmt::format("  connected   {} of {}\n", grouped(measurement.connected),
                          grouped(options.connections + options.publishers));
    if (measurement.connecting.count() > 0)
        report += fmt::format("  connecting  p50 {}, p99 {}, max {}\n",
                              time_in_words(number(measurement.connecting.quantile(0.5))),
                              time_in_words(number(measurement.connecting.quantile(0.99))),
                              time_in_words(number(measurement.connecting.greatest())));
    if (options.handshakes)
        report += fmt::format("  handshakes  {} a second ({} in all)\n",
                              grouped(static_cast<std::uint64_t>(measurement.rate())),
                              grouped(measurement.handshakes));
    else if (!options.idle)
        report += fmt::format(
            "  messages    {} a second, {} a second ({} in all)\n",
            grouped(static_cast<std::uint64_t>(measurement.rate())),
            bytes_in_words(seconds > 0 ? static_cast<double>(measurement.bytes_received) / seconds
                                       : 0),
            grouped(measurement.received));
    if (measurement.latencies.count() > 0)
        report += fmt::format("  latency     mean {}\n{}",
                              time_in_words(number(measurement.latencies.mean())),
                              table_of(measurement.latencies));
    report += fmt::format("  errors      {}\n", grouped(measurement.error_count()));
    for (const auto& [what, times] : measurement.errors)
        report += fmt::format("    {:>7}  {}\n", grouped(times), what);
    return report;
}

std::string report_as_json(const BenchOptions& options, const Measurement& measurement) {
    std::string json = fmt::format(
        R"({{"url":{},"connections":{},"threads":{},"depth":{},"rate":{},"size":{},"publishers":{},)"
        R"("seconds":{:.3f},"connected":{},"failed":{},"foreign":{},"sent":{},"received":{},"bytes_received":{},)"
        R"("messages_a_second":{:.1f},"handshakes":{},"handshakes_a_second":{:.1f},)"
        R"("connecting_ns":{},"latency_ns":{},"errors":{{)",
        in_quotes(options.url), options.connections, options.threads, options.depth, options.rate,
        options.size, options.publishers, std::chrono::duration<double>(measurement.time).count(),
        measurement.connected, measurement.failed, measurement.foreign, measurement.sent,
        measurement.received, measurement.bytes_received,
        options.handshakes ? 0 : measurement.rate(), measurement.handshakes,
        options.handshakes ? measurement.rate() : 0, json_of(measurement.connecting),
        json_of(measurement.latencies));
    bool first = true;
    for (const auto& [what, times] : measurement.errors) {
        json += fmt::format("{}{}:{}", first ? "" : ",", in_quotes(what), times);
        first = false;
    }
    return json + "}}";
}

}  // namespace longwire::cli
