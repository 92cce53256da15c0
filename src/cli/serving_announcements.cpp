#include "cli/serving_announcements.hpp"

#include "cli/serving_memory.hpp"
#include "cli/settings.hpp"
#include "cli/settings_check.hpp"
#include "cli/version.hpp"
#include "ops/memory_limit.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::cli {

namespace {

constexpr std::size_t most_named = 32;

std::string counted(std::size_t count, std::string_view what) {
    return fmt::format("{} {}{}", count == 0 ? "no" : std::to_string(count), what,
                       count == 1 ? "" : "s");
}

std::string rules_in_words(const ServeOptions& options) {
    std::string words = counted(options.channels.size(), "rule") + " for channels";
    std::string_view before = ": ";
    for (std::size_t index = 0; index < options.channels.size(); ++index) {
        if (index == most_named) return words + " and more";
        words += std::string(std::exchange(before, ", ")) + options.channels[index].pattern;
    }
    return words;
}

bool is_limit(std::string_view key) {
    return key.starts_with("max_") || key.find("_max_") != std::string_view::npos ||
           key.find("_rate") != std::string_view::npos || key.ends_with("_memory");
}

/// What `option` was given among the words of a command line, the last time.
std::optional<std::string> given(const std::vector<std::string>& words, const std::string& option) {
    std::optional<std::string> value;
    for (std::size_t index = 0; index < words.size(); ++index) {
        if (words[index] == option && index + 1 < words.size()) value = words[index + 1];
        if (words[index].starts_with(option + "=")) value = words[index].substr(option.size() + 1);
    }
    return value;
}

std::string in_mebibytes(std::size_t bytes) {
    return fmt::format("{}MiB", bytes / (std::size_t{1024} * 1024));
}

/// What an option is where it is not given.
std::string usual_value(const SettingKey& key, const ServingMemory& memory) {
    if (key.key == "max_memory") return in_mebibytes(memory.histories + memory.connections);
    if (key.key == "history_memory") return in_mebibytes(memory.histories);
    return key.usual;
}

std::string limits_in_words(const ServeOptions& options) {
    const auto memory = divide_memory(options, ops::memory_limit()).value_or(ServingMemory());
    std::string words;
    for (const SettingKey& key : setting_keys()) {
        if (!is_limit(key.key)) continue;
        if (!words.empty()) words += ", ";
        words +=
            key.key + ' ' + given(options.settled, key.option).value_or(usual_value(key, memory));
    }
    return words;
}

}  // namespace

bool speaks_to_person(const ServeOptions& options) noexcept {
    return options.log_format != ops::LogFormat::json;
}

void show(const ServeOptions& options, const std::string& words) {
    if (!speaks_to_person(options)) return;
    std::fwrite(words.data(), 1, words.size(), stdout);
    std::fflush(stdout);
}

void announce_start(const ServeOptions& options) {
    const auto file = configuration_path(options.config);
    ops::say(LogLevel::info,
             fmt::format("{} starts; {}; {}; {}", version_line(),
                         file ? "configuration " + *file : "no configuration file",
                         rules_in_words(options), counted(options.apps.size(), "app")));
    ops::say(LogLevel::info, "limits: " + limits_in_words(options));
    for (const std::string& line : hardly_meant(options)) ops::say(LogLevel::warning, line);
    if (options.channels.empty())
        show(options,
             "Only this machine can connect, and every client may do everything (no rules).\n");
}

int refuse_to_start(ops::LogFormat format, std::string_view why, int code) {
    if (format == ops::LogFormat::json) {
        // (It may not even have got as far as the log.)
        ops::log_to_standard_error(LogLevel::info, format);
        ops::say(LogLevel::error, why);
    } else {
        fmt::print(stderr, "longwire serve: {}\n", why);
    }
    ops::end_log();
    return code;
}

}  // namespace longwire::cli
