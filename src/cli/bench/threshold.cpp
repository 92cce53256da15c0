#include "cli/bench/threshold.hpp"

#include "cli/bench/measurement.hpp"

#include <array>
#include <charconv>
#include <system_error>
#include <utility>

namespace longwire::cli {

namespace {

constexpr std::array<std::pair<std::string_view, double>, 5> units = {
    {{"ns", 1}, {"us", 1e3}, {"µs", 1e3}, {"ms", 1e6}, {"s", 1e9}}};

}  // namespace

std::expected<Threshold, std::string> Threshold::parse(std::string_view text) {
    const auto refuse = [](std::string_view why) {
        return std::unexpected(std::string(why) +
                               "; write for instance p99>5ms, rate<100000 or "
                               "errors>0");
    };
    const std::size_t sign = text.find_first_of("<>");
    if (sign == std::string_view::npos || sign == 0) return refuse("it has no < or >");
    Threshold threshold;
    threshold.text = text;
    threshold.figure = text.substr(0, sign);
    threshold.above = text[sign] == '>';
    const auto timed = is_time(threshold.figure);
    if (!timed)
        return refuse("there is no figure \"" + threshold.figure +
                      "\" (p50 to p99.99, max, mean, connect-p99, rate, errors)");
    const std::string_view value = text.substr(sign + 1);
    const auto [read, error] =
        std::from_chars(value.data(), value.data() + value.size(), threshold.value);
    if (error != std::errc()) return refuse("no number follows the sign");
    const std::string_view unit(read, static_cast<std::size_t>(value.data() + value.size() - read));
    if (!*timed) {
        if (!unit.empty()) return refuse("this figure has no unit");
        return threshold;
    }
    for (const auto& [name, factor] : units) {
        if (name != unit) continue;
        threshold.value *= factor;
        return threshold;
    }
    return refuse("a time has a unit: ns, us, ms or s");
}

bool Threshold::fails(const Measurement& measurement) const {
    const double found = measurement.figure(figure).value_or(0);
    return above ? found > value : found < value;
}

}  // namespace longwire::cli
