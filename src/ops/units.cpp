#include "ops/units.hpp"

#include <charconv>
#include <cstdint>
#include <span>

namespace longwire::ops {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

/// A whole number and one of these units, multiplied; nothing above `largest`.
std::optional<std::uint64_t> parse_with_unit(std::string_view text, std::span<const Unit> units,
                                             std::uint64_t largest) noexcept {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    for (const Unit& unit : units) {
        if (unit.name != text) continue;
        if (number > largest / unit.factor) return std::nullopt;
        return number * unit.factor;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::size_t> parse_count(std::string_view text) noexcept {
    static constexpr Unit units[] = {{"", 1}};
    return parse_with_unit(text, units, std::uint64_t{1} << 62);
}

std::optional<std::size_t> parse_size(std::string_view text) noexcept {
    static constexpr Unit units[] = {{"", 1},
                                     {"B", 1},
                                     {"kB", 1000},
                                     {"MB", 1'000'000},
                                     {"GB", 1'000'000'000},
                                     {"KiB", 1 << 10},
                                     {"MiB", 1 << 20},
                                     {"GiB", 1 << 30}};
    return parse_with_unit(text, units, std::uint64_t{1} << 62);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) noexcept {
    static constexpr Unit units[] = {
        {"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}};
    constexpr std::uint64_t longest = std::uint64_t{24} * 24 * 60 * 60 * 1000;
    const auto milliseconds = parse_with_unit(text, units, longest);
    if (!milliseconds) return std::nullopt;
    return std::chrono::milliseconds(*milliseconds);
}

std::optional<std::chrono::milliseconds> parse_seconds(std::string_view text) noexcept {
    double seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if (!(seconds >= 0 && seconds <= 86400)) return std::nullopt;
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

}  // namespace longwire::ops
