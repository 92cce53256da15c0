#include "ops/log.hpp"

#include "engine/log.hpp"
#include "ops/clock_time.hpp"
#include "ops/writing_thread.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace longwire::ops {

namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) noexcept {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warning:
            return spdlog::level::warn;
        case LogLevel::error:
            break;
    }
    return spdlog::level::err;
}

std::string_view name_of(LogLevel level) noexcept {
    switch (level) {
        case LogLevel::debug:
            return "debug";
        case LogLevel::info:
            return "info";
        case LogLevel::warning:
            return "warning";
        case LogLevel::error:
            break;
    }
    return "error";
}

std::string as_json(LogLevel level, std::string_view line) {
    const nlohmann::ordered_json json = {{"time", universal_time(std::chrono::system_clock::now())},
                                         {"level", name_of(level)},
                                         {"message", line}};
    // What is not UTF-8 came from outside.
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

spdlog::sink_ptr standard_error(bool json) {
    if (json) return std::make_shared<spdlog::sinks::stderr_sink_mt>();
    // https://no-color.org: set and not empty means no colours.
    const char* const no_color = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe)
    const bool plain = no_color != nullptr && *no_color != '\0';
    return std::make_shared<spdlog::sinks::stderr_color_sink_mt>(
        plain ? spdlog::color_mode::never : spdlog::color_mode::automatic);
}

}  // namespace

void log_to_standard_error(LogLevel lowest, LogFormat format) {
    const bool json = format == LogFormat::json ||
                      (format == LogFormat::automatic && ::isatty(STDERR_FILENO) == 0);
    const auto thread = std::make_shared<WritingThread>(
        standard_error(json), json ? "%v" : "%Y-%m-%d %H:%M:%S.%e %^%l%$ %v", spdlog_level(lowest));
    set_log_sink([thread, json](LogLevel level, std::string_view line) {
        const auto as = spdlog_level(level);
        spdlog::async_logger& logger = thread->logger();
        if (!logger.should_log(as)) return;
        if (const std::size_t lost = thread->take_lost(); lost > 0) {
            const std::string words =
                "the log could not keep up: " + std::to_string(lost) + " lines are left out";
            logger.log(spdlog::level::warn, json ? as_json(LogLevel::warning, words) : words);
        }
        if (json)
            logger.log(as, as_json(level, line));
        else
            logger.log(as, line);
    });
}

void say(LogLevel level, std::string_view line) noexcept {
    engine::log(level, line);
}

void end_log() {
    set_log_sink({});
}

}  // namespace longwire::ops
