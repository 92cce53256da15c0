#include "http/date.hpp"

#include "http/field_grammar.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>

namespace longwire::http {

namespace {

constexpr std::array<std::string_view, 7> weekdays = {"Sun", "Mon", "Tue", "Wed",
                                                      "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::string_view pattern = "Sun, 06 Nov 1994 08:49:37 GMT";

constexpr std::chrono::sys_seconds first_second =
    std::chrono::sys_days(std::chrono::year(0) / 1 / 1);
constexpr std::chrono::sys_seconds last_second =
    std::chrono::sys_days(std::chrono::year(10000) / 1 / 1) - std::chrono::seconds(1);

void append_number(std::string& out, long long number, std::size_t width) {
    const std::string digits = std::to_string(number);
    out.append(width - std::min(width, digits.size()), '0').append(digits);
}

std::optional<unsigned> number_at(std::string_view text, std::size_t offset, std::size_t size) {
    unsigned number = 0;
    for (const char letter : text.substr(offset, size)) {
        if (!is_digit(letter)) return std::nullopt;
        number = number * 10 + static_cast<unsigned>(letter - '0');
    }
    return number;
}

}  // namespace

std::string format_imf_fixdate(std::time_t time) {
    using namespace std::chrono;
    const sys_seconds moment(seconds(std::clamp<std::time_t>(
        time, first_second.time_since_epoch().count(), last_second.time_since_epoch().count())));
    const auto day = floor<days>(moment);
    const year_month_day date(day);
    const hh_mm_ss clock(moment - day);
    std::string out;
    out.reserve(pattern.size());
    out.append(weekdays[weekday(day).c_encoding()]).append(", ");
    append_number(out, static_cast<unsigned>(date.day()), 2);
    out.append(" ").append(months[static_cast<unsigned>(date.month()) - 1]).append(" ");
    append_number(out, static_cast<int>(date.year()), 4);
    out.append(" ");
    append_number(out, clock.hours().count(), 2);
    out.append(":");
    append_number(out, clock.minutes().count(), 2);
    out.append(":");
    append_number(out, clock.seconds().count(), 2);
    return out.append(" GMT");
}

std::string_view imf_fixdate_at(std::time_t time) {
    struct Latest {
        std::time_t time = 0;
        std::array<char, pattern.size()> text = {};
        bool made = false;
    };
    constinit thread_local Latest latest;
    if (!latest.made || latest.time != time) {
        std::ranges::copy(format_imf_fixdate(time), latest.text.begin());
        latest.time = time;
        latest.made = true;
    }
    return {latest.text.data(), latest.text.size()};
}

std::optional<std::time_t> parse_imf_fixdate(std::string_view text) {
    using namespace std::chrono;
    if (text.size() != pattern.size()) return std::nullopt;
    const auto* const month = std::ranges::find(months, text.substr(8, 3));
    const auto day_number = number_at(text, 5, 2);
    const auto year_number = number_at(text, 12, 4);
    const auto hour = number_at(text, 17, 2);
    const auto minute = number_at(text, 20, 2);
    const auto second = number_at(text, 23, 2);
    if (month == months.end() || !day_number || !year_number || !hour || !minute || !second)
        return std::nullopt;
    const year_month_day date(year(static_cast<int>(*year_number)),
                              std::chrono::month(static_cast<unsigned>(month - months.begin()) + 1),
                              day(*day_number));
    if (!date.ok()) return std::nullopt;
    const sys_seconds moment = sys_days(date) + hours(*hour) + minutes(*minute) + seconds(*second);
    const std::time_t time = moment.time_since_epoch().count();
    // What is not written back the same was no date: a wrong weekday, an hour 24, other marks.
    if (format_imf_fixdate(time) != text) return std::nullopt;
    return time;
}

}  // namespace longwire::http
