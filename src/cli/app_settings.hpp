#pragma once

#include "dialects/pusher/app.hpp"
#include "ops/configuration_file.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace longwire::cli {

/// What a key of an app, a table [[apps]] of the configuration file, is.
struct AppKey {
    std::string_view key;
    std::string_view example;  // as TOML: what holds without it, where anything does
    std::string_view meaning;
    /// Empty where all is well; otherwise what the value has to be.
    std::string (*take)(dialects::pusher::AppSettings& app, const std::vector<std::string>& values);
};
[[nodiscard]] const std::vector<AppKey>& app_keys();

/// The apps of a configuration file; what is wrong with them goes to `problems`.
[[nodiscard]] std::vector<dialects::pusher::AppSettings> read_apps(
    const std::vector<ops::SettingsTable>& tables, std::vector<ops::Problem>& problems);

}  // namespace longwire::cli
