#include "cli/settings.hpp"

#include "cli/app_settings.hpp"
#include "cli/exit_code.hpp"
#include "cli/secret.hpp"
#include "cli/serve_command.hpp"

#include <fmt/core.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <utility>

namespace longwire::cli {

namespace {

constexpr const char* usual_path = "/etc/longwire/longwire.toml";
constexpr std::size_t largest_file = std::size_t{1024} * 1024;

// Of the options, what is about this start alone.
bool is_setting(std::string_view option) {
    return option != "--help" && option != "--config";
}

SettingKey key_of(const CLI::Option& option) {
    SettingKey key;
    key.option = "--" + option.get_lnames().front();
    key.key = option.get_lnames().front();
    std::ranges::replace(key.key, '-', '_');
    key.variable = "LONGWIRE_";
    for (const char letter : key.key)
        key.variable += static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    key.meaning = option.get_description();
    std::ranges::replace(key.meaning, '\n', ' ');
    key.is_flag = option.get_expected_max() == 0;
    key.is_list = option.get_expected_max() > 1;
    return key;
}

/// The words that give `option` what it was set to.
std::vector<std::string> words_of(const SettingKey& key, const std::vector<std::string>& values) {
    std::vector<std::string> words;
    for (const std::string& value : values) {
        if (value.empty() || (key.is_flag && value == "false")) continue;
        words.push_back(key.is_flag ? key.option : key.option + "=" + value);
    }
    return words;
}

/// Empty where the option takes it; otherwise why not.
std::string wrong_with(const SettingKey& key, const std::vector<std::string>& values) {
    if (!key.is_list && values.size() != 1) return "has one value";
    if (key.is_flag && values.front() != "true" && values.front() != "false")
        return "is true or false";
    if (key.option == "--tls-cert" || key.option == "--tls-key") return {};  // each needs the other
    CLI::App app;
    ServeOptions options;
    add_serve(app, options);
    std::vector<std::string> words = words_of(key, values);
    words.insert(words.begin(), "serve");
    std::ranges::reverse(words);
    try {
        app.parse(std::move(words));
    } catch (const CLI::Error& error) {
        std::string why = error.what();
        if (why.starts_with(key.option + ": ")) why.erase(0, key.option.size() + 2);
        return why;
    }
    return {};
}

const SettingKey* find(std::string_view name, std::string SettingKey::* member) {
    const auto found = std::ranges::find(setting_keys(), name, member);
    return found == setting_keys().end() ? nullptr : &*found;
}

void read_file_into(Settings& settings, ops::ConfigurationFile file, const std::string& name) {
    const auto at = [&](unsigned line) { return fmt::format("{}:{}", name, line); };
    settings.apps = read_apps(file.apps, file.problems);
    for (const ops::Problem& problem : file.problems)
        settings.problems.push_back(at(problem.line) + ": " + problem.sentence);
    for (ops::Setting& setting : file.settings) {
        const SettingKey* const key = find(setting.key, &SettingKey::key);
        if (key == nullptr) {
            std::vector<std::string> known = {"channels", "apps"};
            for (const SettingKey& one : setting_keys()) known.push_back(one.key);
            const std::string meant = ops::nearest(setting.key, known);
            settings.problems.push_back(
                fmt::format("{}: there is no key {}{}", at(setting.line), setting.key,
                            meant.empty() ? "; longwire config default lists them"
                                          : "; did you mean " + meant + "?"));
            continue;
        }
        if (const std::string wrong = wrong_with(*key, setting.values); !wrong.empty())
            settings.problems.push_back(
                fmt::format("{}: {} {}", at(setting.line), setting.key, wrong));
        settings.settled.push_back({key, std::move(setting.values), at(setting.line)});
    }
    settings.channels = std::move(file.channels);
}

void read_environment_into(Settings& settings) {
    for (const SettingKey& key : setting_keys()) {
        // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets any
        const char* const value = std::getenv(key.variable.c_str());
        if (value == nullptr) continue;
        std::vector<std::string> values;
        std::string_view rest = value;
        while (key.is_list && rest.find(',') != std::string_view::npos) {
            values.emplace_back(rest.substr(0, rest.find(',')));
            rest.remove_prefix(rest.find(',') + 1);
        }
        values.emplace_back(rest);
        if (const std::string wrong = wrong_with(key, values); !wrong.empty())
            settings.problems.push_back(fmt::format("{}: {}", key.variable, wrong));
        std::erase_if(settings.settled, [&](const Settled& one) { return one.key == &key; });
        settings.settled.push_back({&key, std::move(values), key.variable});
    }
}

}  // namespace

const std::vector<SettingKey>& setting_keys() {
    static const std::vector<SettingKey> keys = [] {
        std::vector<SettingKey> made;
        CLI::App app;
        ServeOptions options;
        for (const CLI::Option* const option : add_serve(app, options).get_options()) {
            if (option->get_lnames().empty()) continue;
            SettingKey key = key_of(*option);
            if (!is_setting(key.option)) continue;
            const std::string& text = option->get_option_text();
            if (const auto equals = text.find('='); equals != std::string::npos)
                key.usual = text.substr(equals + 1);
            else
                key.usual = option->get_default_str();
            key.is_reloaded = options.reloaded.holds(key.option);
            made.push_back(std::move(key));
        }
        return made;
    }();
    return keys;
}

Settings Settings::read(std::string_view file, const std::string& name) {
    Settings settings;
    read_file_into(settings, ops::ConfigurationFile::read(file), name);
    read_environment_into(settings);
    return settings;
}

std::optional<std::string> configuration_path(const std::string& given) {
    if (!given.empty()) return given;
    // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets any
    const char* const path = std::getenv("LONGWIRE_CONFIG");
    if (path != nullptr && *path != 0) return path;
    return ::access(usual_path, F_OK) == 0 ? std::optional<std::string>(usual_path) : std::nullopt;
}

Result<std::string> read_configuration(const std::string& path) {
    return read_file(path, largest_file);
}

std::expected<ServeOptions, std::vector<std::string>> reread(const ServeOptions& options) {
    ServeOptions fresh;
    fresh.arguments = options.arguments;
    auto words = with_settings(options.arguments, fresh);
    if (!words) return std::unexpected(std::move(words.error()));
    fresh.settled = *words;
    CLI::App app;
    add_serve(app, fresh);
    std::ranges::reverse(*words);
    try {
        app.parse(std::move(*words));
    } catch (const CLI::Error& error) {
        return std::unexpected(std::vector<std::string>{error.what()});
    }
    return fresh;
}

std::expected<std::vector<std::string>, std::vector<std::string>> with_settings(
    std::vector<std::string> arguments, ServeOptions& options) {
    std::string given;
    for (std::size_t index = 0; index < arguments.size(); ++index) {
        constexpr std::string_view name = "--config";
        if (arguments[index] == name && index + 1 < arguments.size()) given = arguments[index + 1];
        if (arguments[index].starts_with("--config=")) given = arguments[index].substr(9);
        if (arguments[index] == "--help" || arguments[index] == "-h") return arguments;
    }
    const auto path = configuration_path(given);
    std::string text;
    if (path) {
        auto read = read_configuration(*path);
        if (!read) return std::unexpected(std::vector<std::string>{read.error().message()});
        text = std::move(*read);
    }
    Settings settings = Settings::read(text, path.value_or("the configuration"));
    options.channels = std::move(settings.channels);
    options.apps = std::move(settings.apps);
    for (const Settled& settled : settings.settled) {
        const bool overridden = std::ranges::any_of(arguments, [&](const std::string& word) {
            return word == settled.key->option || word.starts_with(settled.key->option + "=");
        });
        if (overridden) continue;
        for (std::string& word : words_of(*settled.key, settled.values))
            arguments.push_back(std::move(word));
    }
    if (settings.problems.empty()) return arguments;
    if (want_json(arguments)) options.log_format = ops::LogFormat::json;
    return std::unexpected(std::move(settings.problems));
}

bool want_json(const std::vector<std::string>& words) {
    bool json = false;
    for (std::size_t index = 0; index < words.size(); ++index) {
        const std::string& word = words[index];
        if (word == "--log-format" && index + 1 < words.size()) json = words[index + 1] == "json";
        if (word.starts_with("--log-format=")) json = word == "--log-format=json";
    }
    return json;
}

}  // namespace longwire::cli
