#pragma once

#include "access/channel_rule.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace longwire::ops {

/// One key of a configuration file, and what it was given.
struct Setting {
    std::string key;
    std::vector<std::string> values;  // of a list all, of anything else the one, as text
    unsigned line = 0;
};

/// A table of settings: one of several of its kind.
struct SettingsTable {
    std::vector<Setting> settings;
    unsigned line = 0;
};

/// What is wrong with a line of a configuration file.
struct Problem {
    unsigned line = 0;
    std::string sentence;
};

/// A configuration file as it stands, in TOML 1.0: keys with texts, numbers, truths or lists of
/// them, the rules of channels, each a table [[channels]], and apps, each a table [[apps]]. What
/// the keys mean is not known here.
struct ConfigurationFile {
    std::vector<Setting> settings;
    std::vector<access::ChannelRule> channels;
    std::vector<SettingsTable> apps;
    std::vector<Problem> problems;

    [[nodiscard]] static ConfigurationFile read(std::string_view toml);
};

/// What the key of a rule is, for people.
struct RuleKey {
    std::string_view key;
    std::string_view example;
    std::string_view meaning;
};
[[nodiscard]] const std::vector<RuleKey>& rule_keys();

/// Of `known`, the word that `word` was probably meant to be; empty where none is near.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace longwire::ops
