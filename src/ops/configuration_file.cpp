#include "ops/configuration_file.hpp"

#include "ops/units.hpp"

// Of its own in this one file: Debian's compiled library throws.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

namespace longwire::ops {

namespace {

using access::ChannelRule;
using access::Who;

constexpr std::size_t most_history = 100'000;

unsigned line_of(const toml::node& node) {
    return static_cast<unsigned>(node.source().begin.line);
}

/// A scalar as it would stand on a command line; nothing where it is none.
std::optional<std::string> text_of(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
    if (const auto* number = node.as_floating_point()) {
        std::string text = std::to_string(number->get());
        while (text.ends_with('0')) text.pop_back();
        if (text.ends_with('.')) text.pop_back();
        return text;
    }
    return std::nullopt;
}

std::optional<Who> who_of(std::string_view word) {
    if (word == "nobody") return Who::nobody;
    if (word == "everyone") return Who::everyone;
    if (word == "user") return Who::user;
    if (word == "token") return Who::token;
    if (word == "webhook") return Who::webhook;
    return std::nullopt;
}

std::optional<SlowReader> slow_reader_of(std::string_view word) {
    if (word == "close") return SlowReader::close;
    if (word == "drop-newest") return SlowReader::drop_newest;
    if (word == "drop-oldest") return SlowReader::drop_oldest;
    if (word == "latest") return SlowReader::latest;
    return std::nullopt;
}

/// False where `text` is not one of the values.
template <class Value, class Target>
bool take(Target& target, const std::optional<Value>& value) {
    if (value) target = *value;
    return value.has_value();
}

/// Empty where all is well; otherwise what the value has to be.
std::string_view set_rule_key(ChannelRule& rule, std::string_view key, const std::string& text) {
    constexpr std::string_view who = "must be nobody, everyone, user, token or webhook";
    constexpr std::string_view truth = "must be true or false";
    const auto truth_of = [&]() -> std::optional<bool> {
        if (text == "true") return true;
        return text == "false" ? std::optional(false) : std::nullopt;
    };
    if (key == "pattern") {
        rule.pattern = text;
        return text.empty() ? "must be the name of a channel, in which * stands for any characters"
                            : "";
    }
    if (key == "subscribe") return take(rule.subscribe, who_of(text)) ? "" : who;
    if (key == "publish") return take(rule.publish, who_of(text)) ? "" : who;
    if (key == "presence") return take(rule.presence, who_of(text)) ? "" : who;
    if (key == "history") return take(rule.history, who_of(text)) ? "" : who;
    if (key == "history_count") {
        const bool good = take(rule.history_count, parse_count(text));
        return good && rule.history_count <= most_history ? "" : "must be a number up to 100000";
    }
    if (key == "history_age")
        return take(rule.history_age, parse_duration(text)) ? "" : "must be a time, as 5m or 30s";
    if (key == "keeps_presence") return take(rule.keeps_presence, truth_of()) ? "" : truth;
    if (key == "last_message") return take(rule.last_message, truth_of()) ? "" : truth;
    rule.slow_reader = slow_reader_of(text);
    return rule.slow_reader ? "" : "must be close, drop-newest, drop-oldest or latest";
}

std::vector<std::string> rule_key_names() {
    std::vector<std::string> names;
    for (const RuleKey& key : rule_keys()) names.emplace_back(key.key);
    return names;
}

void read_rule(const toml::node& node, ConfigurationFile& file) {
    const toml::table* const table = node.as_table();
    if (table == nullptr) {
        file.problems.push_back({line_of(node), "channels: each is a table, [[channels]]"});
        return;
    }
    ChannelRule rule;
    const auto names = rule_key_names();
    for (const auto& [name, value] : *table) {
        const std::string key(name.str());
        const auto say = [&, line = line_of(value)](std::string_view what) {
            file.problems.push_back({line, "channels: " + key + ' ' + std::string(what)});
        };
        if (std::ranges::find(names, key) == names.end()) {
            const std::string meant = nearest(key, names);
            say("is not a key of a rule" + (meant.empty() ? "" : "; did you mean " + meant + "?"));
            continue;
        }
        const auto text = text_of(value);
        if (!text)
            say("has one value");
        else if (const auto wrong = set_rule_key(rule, key, *text); !wrong.empty())
            say(std::string(wrong) + ": " + *text);
    }
    if (!table->contains("pattern"))
        file.problems.push_back(
            {line_of(node), "channels: a rule needs a pattern, as pattern = \"chat.*\""});
    file.channels.push_back(std::move(rule));
}

void read_setting(const std::string& key, const toml::node& node, std::vector<Setting>& settings,
                  std::vector<Problem>& problems) {
    Setting setting = {.key = key, .values = {}, .line = line_of(node)};
    bool good = true;
    if (const toml::array* const list = node.as_array()) {
        for (const toml::node& one : *list) {
            auto text = text_of(one);
            good = good && text;
            if (text) setting.values.push_back(std::move(*text));
        }
    } else if (auto text = text_of(node)) {
        setting.values.push_back(std::move(*text));
    } else {
        good = false;
    }
    if (good)
        settings.push_back(std::move(setting));
    else
        problems.push_back(
            {setting.line, key + ": a value is a text, a number, true, false or a list of them"});
}

void read_app(const toml::node& node, ConfigurationFile& file) {
    const toml::table* const table = node.as_table();
    if (table == nullptr) {
        file.problems.push_back({line_of(node), "apps: each is a table, [[apps]]"});
        return;
    }
    SettingsTable app = {.settings = {}, .line = line_of(node)};
    for (const auto& [name, value] : *table)
        read_setting(std::string(name.str()), value, app.settings, file.problems);
    file.apps.push_back(std::move(app));
}

}  // namespace

const std::vector<RuleKey>& rule_keys() {
    static const std::vector<RuleKey> keys = {
        {"pattern", "\"chat.*\"",
         "The channels that the rule applies to: a name, in which * stands for any characters. The "
         "first rule that matches applies; a channel without a rule is closed to clients."},
        {"subscribe", "\"everyone\"",
         "Who may subscribe: nobody, everyone, user (with a valid token), token (with a valid "
         "token that allows the channel) or webhook (hook_url decides)."},
        {"publish", "\"nobody\"", "The same for publishing."},
        {"presence", "\"nobody\"", "The same for reading presence and receiving its events."},
        {"history", "\"nobody\"", "The same for reading the history."},
        {"history_count", "0", "Messages that are kept, up to 100000."},
        {"history_age", "\"5m\"", "How long they are kept."},
        {"keeps_presence", "false", "Whether presence is kept: the list of subscribed users."},
        {"last_message", "false", "A new subscriber gets the last message first."},
        {"slow_reader", "\"close\"",
         "What happens to messages for a client that reads too slowly: close, drop-newest, "
         "drop-oldest or latest."},
    };
    return keys;
}

ConfigurationFile ConfigurationFile::read(std::string_view toml) {
    ConfigurationFile file;
    const toml::parse_result parsed = toml::parse(toml);
    if (!parsed) {
        const toml::parse_error& error = parsed.error();
        file.problems.push_back({static_cast<unsigned>(error.source().begin.line),
                                 "this is not TOML: " + std::string(error.description())});
        return file;
    }
    for (const auto& [name, node] : parsed.table()) {
        const std::string key(name.str());
        if (key == "channels" && node.is_array()) {
            for (const toml::node& rule : *node.as_array()) read_rule(rule, file);
        } else if (key == "channels") {
            file.problems.push_back({line_of(node), "channels: each is a table, [[channels]]"});
        } else if (key == "apps" && node.is_array()) {
            for (const toml::node& app : *node.as_array()) read_app(app, file);
        } else if (key == "apps") {
            file.problems.push_back({line_of(node), "apps: each is a table, [[apps]]"});
        } else {
            read_setting(key, node, file.settings, file.problems);
        }
    }
    std::ranges::sort(file.settings, {}, &Setting::line);
    return file;
}

// ---- what was meant -----------------------------------------------------------------------------

namespace {

/// How many letters have to be changed, put in or left out.
std::size_t distance(std::string_view one, std::string_view other) {
    std::vector<std::size_t> row(other.size() + 1);
    for (std::size_t at = 0; at < row.size(); ++at) row[at] = at;
    for (std::size_t at = 0; at < one.size(); ++at) {
        std::size_t before = std::exchange(row[0], at + 1);
        for (std::size_t to = 0; to < other.size(); ++to) {
            const std::size_t changed = before + (one[at] == other[to] ? 0 : 1);
            before = row[to + 1];
            row[to + 1] = std::min({changed, row[to + 1] + 1, row[to] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
    std::string found;
    constexpr std::size_t longest = 64;
    if (word.size() > longest) return found;
    std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const std::string& candidate : known) {
        const std::size_t far = distance(word, candidate);
        if (far >= least) continue;
        least = far;
        found = candidate;
    }
    return found;
}

}  // namespace longwire::ops
