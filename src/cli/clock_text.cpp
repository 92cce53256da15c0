#include "cli/clock_text.hpp"

#include <fmt/core.h>

#include <chrono>
#include <ctime>

namespace longwire::cli {

namespace {

struct Instant {
    std::time_t seconds;
    int milliseconds;
};

Instant now() {
    using namespace std::chrono;
    const auto since = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    return {.seconds = static_cast<std::time_t>(since / 1000),
            .milliseconds = static_cast<int>(since % 1000)};
}

}  // namespace

std::string time_in_full() {
    const Instant instant = now();
    std::tm parts = {};
    gmtime_r(&instant.seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                       instant.milliseconds);
}

std::string time_of_day() {
    const Instant instant = now();
    std::tm parts = {};
    localtime_r(&instant.seconds, &parts);
    return fmt::format("{:02}:{:02}:{:02}.{:03}", parts.tm_hour, parts.tm_min, parts.tm_sec,
                       instant.milliseconds);
}

}  // namespace longwire::cli
