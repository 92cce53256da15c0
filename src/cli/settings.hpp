#pragma once

#include "access/channel_rule.hpp"
#include "dialects/pusher/app.hpp"
#include "ops/configuration_file.hpp"

#include <longwire/result.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::cli {

/// A key of the configuration: an option of `longwire serve` in other letters.
struct SettingKey {
    std::string option;    // "--max-message"
    std::string key;       // "max_message"
    std::string variable;  // "LONGWIRE_MAX_MESSAGE"
    std::string usual;     // as TOML, or empty
    std::string meaning;
    bool is_flag = false;
    bool is_list = false;
    bool is_reloaded = false;  // SIGHUP reads it again
};
[[nodiscard]] const std::vector<SettingKey>& setting_keys();

/// One key that was set, and where.
struct Settled {
    const SettingKey* key = nullptr;
    std::vector<std::string> values;
    std::string source;  // "longwire.toml:12", "LONGWIRE_LISTEN"
};

/// What the environment and a configuration file say.
struct Settings {
    std::vector<Settled> settled;  // each key once
    std::vector<access::ChannelRule> channels;
    std::vector<dialects::pusher::AppSettings> apps;
    std::vector<std::string> problems;  // each a line with its source

    /// Reads what `file` holds (its name is `name`), and the environment, which goes before it.
    static Settings read(std::string_view file, const std::string& name);
};

/// The configuration file to use, where `given` is what the command line says: nothing where there
/// is none.
[[nodiscard]] std::optional<std::string> configuration_path(const std::string& given);
/// The file's text. Errors: those of reading it.
[[nodiscard]] Result<std::string> read_configuration(const std::string& path);

}  // namespace longwire::cli
