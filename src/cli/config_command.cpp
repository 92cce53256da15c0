#include "cli/config_command.hpp"

#include "cli/app_settings.hpp"
#include "cli/exit_code.hpp"
#include "cli/serve_command.hpp"
#include "cli/settings.hpp"
#include "cli/settings_check.hpp"
#include "cli/word_wrap.hpp"
#include "ops/configuration_file.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::cli {

namespace {

constexpr const char* config_footer = R"(
The configuration is a file in TOML. Its keys are the options of longwire serve
in other letters: --max-message 64KiB is max_message = "64KiB". The rules for
channels are tables:

  [[channels]]
  pattern = "chat.*"
  publish = "user"

and so are the apps of pusher-js and Laravel Echo, [[apps]].

Examples:
  longwire config default > longwire.toml     all keys, with what they mean
  longwire config check longwire.toml         is all of it right?
  longwire config show longwire.toml          all settings, and where each comes from

Exit codes: 0 all is well, 1 something is wrong with the file, or there is none,
11 it could not be printed, 12 the file cannot be read.)";

bool is_number_or_truth(std::string_view text) {
    return text == "true" || text == "false" ||
           (!text.empty() && std::ranges::all_of(text, [](unsigned char letter) {
               return std::isdigit(letter) != 0;
           }));
}

std::string as_toml(const SettingKey& key, const std::vector<std::string>& values) {
    std::string text;
    for (const std::string& value : values) {
        if (!text.empty()) text += ", ";
        text += is_number_or_truth(value) ? value : fmt::format("\"{}\"", value);
    }
    return key.is_list ? "[" + text + "]" : text;
}

void print_comment(std::string_view text) {
    constexpr std::size_t width = 78;
    std::size_t column = width + 1;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(' '), text.size());
        if (column + 1 + end > width) {
            fmt::print("{}#", column > width ? "" : "\n");
            column = 1;
        }
        fmt::print(" {}", text.substr(0, end));
        column += 1 + end;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    fmt::print("\n");
}

int print_default() {
    print_comment(
        "The configuration of longwire serve. Values after # are the defaults. SIGHUP reads the "
        "keys that say so again; the others need a restart, as the log says if they have changed.");
    for (const SettingKey& key : setting_keys()) {
        fmt::print("\n");
        print_comment(key.is_reloaded ? key.meaning + ". SIGHUP reads this again" : key.meaning);
        std::string usual = key.usual;
        if (key.is_flag) usual = "false";
        if (usual.starts_with('[')) usual = usual.substr(1, usual.size() - 2);
        std::vector<std::string> values;
        if (!usual.empty() || !key.is_list) values.push_back(usual);
        fmt::print("#{} = {}\n", key.key, as_toml(key, values));
    }
    fmt::print("\n");
    print_comment(
        "Rules for channels, each a table of its own. Without any, a server that only its own "
        "machine reaches lets everyone do everything, and any other does not start.");
    fmt::print("#[[channels]]\n");
    for (const ops::RuleKey& key : ops::rule_keys()) {
        print_comment(key.meaning);
        fmt::print("#{} = {}\n", key.key, key.example);
    }
    fmt::print("\n");
    print_comment(
        "Apps for pusher-js, Laravel Echo and the like, each a table of its own. Without any, they "
        "are not served.");
    fmt::print("#[[apps]]\n");
    for (const AppKey& key : app_keys()) {
        print_comment(key.meaning);
        fmt::print("#{} = {}\n", key.key, key.example);
    }
    return success;
}

/// Whether `longwire serve` takes it whole; tells what it does not.
bool is_taken(const std::string& path) {
    ServeOptions given;
    given.arguments = {"serve", "--config", path};
    const auto serving = reread(given);
    std::vector<std::string> problems;
    if (!serving) {
        problems = serving.error();
    } else {
        problems = refused_by_serve(*serving);
        for (std::string& line : hardly_meant(*serving)) problems.push_back(std::move(line));
    }
    for (const std::string& problem : problems) fmt::print(stderr, "{}: {}\n", path, problem);
    return problems.empty();
}

bool is_secret(const SettingKey& key, const std::vector<std::string>& values) {
    return key.key.ends_with("_secret") && !values.empty() && !values.front().starts_with('@') &&
           !values.front().starts_with("env:");
}

void show(const Settings& settings) {
    for (const SettingKey& key : setting_keys()) {
        const auto found = std::ranges::find(settings.settled, &key, &Settled::key);
        if (found == settings.settled.end()) continue;
        const std::string value =
            is_secret(key, found->values) ? "\"(a secret)\"" : as_toml(key, found->values);
        fmt::print("{} = {}  # {}\n", key.key, value, found->source);
    }
    fmt::print("# {} rule{} for channels\n", settings.channels.size(),
               settings.channels.size() == 1 ? "" : "s");
    for (const auto& app : settings.apps) fmt::print("# app {}, key {}\n", app.id, app.key);
}

std::string counted(std::size_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

}  // namespace

CLI::App& add_config(CLI::App& app, ConfigOptions& options) {
    CLI::App& config = *app.add_subcommand("config", "Look over and explain the configuration");
    config.require_subcommand(1);
    config.footer(config_footer);
    const auto add = [&](const char* name, const char* text, ConfigOptions::What what) {
        CLI::App& command = *config.add_subcommand(name, text);
        command.callback([&options, what] { options.what = what; });
        if (what != ConfigOptions::What::usual)
            command
                .add_option("FILE", options.file,
                            "[$LONGWIRE_CONFIG, or else /etc/longwire/longwire.toml]")
                ->option_text(" ");
    };
    add("check", "Say what is wrong with a configuration file", ConfigOptions::What::check);
    add("default", "Print a file with all keys and what they mean", ConfigOptions::What::usual);
    add("show", "Print all settings, and where each comes from", ConfigOptions::What::show);
    return config;
}

int config(const ConfigOptions& options) {
    if (options.what == ConfigOptions::What::usual) return print_default();
    const auto path = configuration_path(options.file);
    if (!path) {
        fmt::print(stderr,
                   "longwire config: there is no configuration file; name one, or make one with: "
                   "longwire config default > longwire.toml\n");
        return failed;
    }
    const auto text = read_configuration(*path);
    if (!text) {
        fmt::print(stderr, "longwire config: {}\n", text.error().message());
        return text.error().code() == ErrorCode::system ? input_failed : failed;
    }
    const Settings settings = Settings::read(*text, *path);
    for (const std::string& problem : settings.problems) fmt::print(stderr, "{}\n", problem);
    if (!settings.problems.empty()) return failed;
    if (options.what == ConfigOptions::What::check && !is_taken(*path)) return failed;
    if (options.what == ConfigOptions::What::show)
        show(settings);
    else
        fmt::print("{}: {}, {} and {}, all well.\n", *path, counted(settings.settled.size(), "key"),
                   counted(settings.channels.size(), "rule"), counted(settings.apps.size(), "app"));
    return success;
}

}  // namespace longwire::cli
