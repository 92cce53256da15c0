#include "ops/log.hpp"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace longwire::ops {

namespace {

constexpr std::size_t most_waiting = 8192;  // lines

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

/// RFC 3339, in UTC.
std::string time_now() {
    const auto now = std::chrono::system_clock::now();
    const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch() %
                                                                            std::chrono::seconds(1))
                          .count();
    std::tm parts = {};
    gmtime_r(&seconds, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                       rest);
}

std::string as_json(LogLevel level, std::string_view line) {
    const nlohmann::ordered_json json = {
        {"time", time_now()}, {"level", name_of(level)}, {"message", line}};
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

/// The thread that writes, and what it writes to.
struct Writing {
    std::shared_ptr<spdlog::details::thread_pool> pool;
    std::shared_ptr<spdlog::async_logger> logger;
    std::atomic<std::size_t> told_lost = 0;

    /// Lines that were left out and that nobody has been told of.
    [[nodiscard]] std::size_t lost_since() {
        const std::size_t lost = pool->overrun_counter();
        return lost - told_lost.exchange(lost);
    }
};

std::shared_ptr<Writing> start(bool json, LogLevel lowest) {
    // Signals are for the thread that serves.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    auto writing = std::make_shared<Writing>();
    writing->pool = std::make_shared<spdlog::details::thread_pool>(most_waiting, 1);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    writing->logger =
        std::make_shared<spdlog::async_logger>("longwire", standard_error(json), writing->pool,
                                               spdlog::async_overflow_policy::overrun_oldest);
    writing->logger->set_pattern(json ? "%v" : "%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
    writing->logger->set_level(spdlog_level(lowest));
    writing->logger->flush_on(spdlog::level::trace);
    return writing;
}

}  // namespace

void log_to_standard_error(LogLevel lowest, LogFormat format) {
    const bool json = format == LogFormat::json ||
                      (format == LogFormat::automatic && ::isatty(STDERR_FILENO) == 0);
    const auto writing = start(json, lowest);
    set_log_sink([writing, json](LogLevel level, std::string_view line) {
        const auto as = spdlog_level(level);
        if (!writing->logger->should_log(as)) return;
        if (const std::size_t lost = writing->lost_since(); lost > 0) {
            const std::string words =
                "the log could not keep up: " + std::to_string(lost) + " lines are left out";
            writing->logger->log(spdlog::level::warn,
                                 json ? as_json(LogLevel::warning, words) : words);
        }
        if (json)
            writing->logger->log(as, as_json(level, line));
        else
            writing->logger->log(as, line);
    });
}

void end_log() {
    set_log_sink({});
}

}  // namespace longwire::ops
