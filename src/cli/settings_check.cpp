#include "cli/settings_check.hpp"

#include "access/channel_rule.hpp"
#include "cli/listening_addresses.hpp"
#include "cli/serving_addresses.hpp"
#include "cli/serving_hooks.hpp"
#include "cli/serving_memory.hpp"
#include "cli/serving_policy.hpp"
#include "cli/settings.hpp"
#include "hooks/http_caller.hpp"
#include "ops/configuration_file.hpp"
#include "ops/memory_limit.hpp"

#include <fmt/core.h>
#include <unistd.h>
#include <longwire/server.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace longwire::cli {

namespace {

using access::ChannelRule;
using access::Who;
using Lines = std::vector<std::string>;

std::string words_of(int error) {
    return std::generic_category().message(error);
}

/// Whether a file can be made there, or one that is there can be written; otherwise why not.
std::string wrong_with_file(const std::string& path) {
    std::error_code none;
    if (std::filesystem::is_directory(path, none)) return words_of(EISDIR);
    if (::access(path.c_str(), F_OK) == 0)
        return ::access(path.c_str(), W_OK) == 0 ? std::string() : words_of(errno);
    const std::string folder = std::filesystem::path(path).parent_path().string();
    const char* const where = folder.empty() ? "." : folder.c_str();
    return ::access(where, W_OK | X_OK) == 0 ? std::string() : words_of(errno);
}

/// One that is known before somebody starts the server.
bool is_named(const std::string& address) {
    return !address.starts_with("systemd") && !address.starts_with("fd:");
}

void check_address(std::string_view key, const std::string& address, bool may_be_open,
                   Lines& lines) {
    if (!is_named(address)) return;
    const auto all = listening_addresses(address);
    if (!all) {
        lines.push_back(fmt::format("{}: {}", key, all.error().message()));
        return;
    }
    for (const ListenOptions& where : *all) {
        if (!may_be_open && !is_private(where)) lines.push_back(too_open(address));
        if (where.unix_path.empty()) continue;
        if (const auto wrong = wrong_with_file(where.unix_path); !wrong.empty())
            lines.push_back(fmt::format("{}: cannot listen on {}: {}", key, address, wrong));
    }
}

void check_certificates(const ServeOptions& options, Lines& lines) {
    if (const auto words = wrong_with_tls(options); !words.empty()) {
        lines.emplace_back(words);
        return;
    }
    const auto tls = tls_of(options);
    if (!tls) return;
    // Nobody is served there: the certificates are read.
    Server server({.threads = 1});
    const auto listening = server.listen({.tls = tls});
    if (!listening && listening.error().code() == ErrorCode::certificate_unusable)
        lines.push_back(listening.error().message());
}

void check_policy(const ServeOptions& options, Lines& lines) {
    hooks::HttpCaller caller(caller_options(options));
    if (const auto policy = policy_of(options, caller); !policy)
        lines.push_back(policy.error().message());
    caller.end();
}

bool asks_for_token(const ChannelRule& rule) noexcept {
    return std::ranges::any_of(
        std::array{rule.subscribe, rule.publish, rule.presence, rule.history},
        [](Who who) { return who == Who::user || who == Who::token; });
}

/// Variables that somebody else makes of a service's name, and that are none of ours:
/// LONGWIRE_SERVICE_HOST, LONGWIRE_PORT_8000_TCP.
bool is_of_cluster(std::string_view name) {
    return name.starts_with("LONGWIRE_SERVICE_") || name == "LONGWIRE_PORT" ||
           (name.starts_with("LONGWIRE_PORT_") && name.size() > 14 &&
            std::isdigit(static_cast<unsigned char>(name[14])) != 0);
}

void look_at_variables(Lines& lines) {
    Lines known = {"LONGWIRE_CONFIG", "LONGWIRE_HANDED_OVER"};
    for (const SettingKey& key : setting_keys()) known.push_back(key.variable);
    for (char** one = environ; *one != nullptr; ++one) {
        const std::string_view text = *one;
        const std::string name(text.substr(0, text.find('=')));
        if (!name.starts_with("LONGWIRE_") || is_of_cluster(name) ||
            std::ranges::find(known, name) != known.end())
            continue;
        const std::string meant = ops::nearest(name, known);
        lines.push_back(
            fmt::format("{}: this variable belongs to no option{}", name,
                        meant.empty() ? std::string() : "; did you mean " + meant + "?"));
    }
}

}  // namespace

std::vector<std::string> refused_by_serve(const ServeOptions& options) {
    Lines lines;
    check_certificates(options, lines);
    check_policy(options, lines);
    if (const auto memory = divide_memory(options, ops::memory_limit()); !memory)
        lines.push_back(memory.error().message());
    for (const std::string& address : options.listen)
        check_address("listen", address, !options.channels.empty(), lines);
    if (!options.admin.empty()) check_address("admin", options.admin, true, lines);
    if (options.access_log != "off" && options.access_log != "-")
        if (const auto wrong = wrong_with_file(options.access_log); !wrong.empty())
            lines.push_back(
                fmt::format("access_log: cannot write {}: {}", options.access_log, wrong));
    return lines;
}

std::vector<std::string> hardly_meant(const ServeOptions& options) {
    Lines lines;
    const auto& rules = options.channels;
    for (auto rule = rules.begin(); rule != rules.end(); ++rule) {
        // (A star of a later pattern is a letter like any other for an earlier one without.)
        const auto earlier = std::find_if(rules.begin(), rule, [&](const ChannelRule& other) {
            return access::matches(other.pattern, rule->pattern);
        });
        if (earlier != rule)
            lines.push_back(
                fmt::format("channels: the rule for {} is never used, because the rule for {} "
                            "comes first and matches the same channels",
                            rule->pattern, earlier->pattern));
    }
    const bool knows_users = !options.token_secret.empty() || !options.token_keys.empty() ||
                             !options.token_jwks.empty() || !options.hook.connect_url.empty();
    const auto asking = std::ranges::find_if(rules, asks_for_token);
    if (!knows_users && asking != rules.end())
        lines.push_back(
            fmt::format("channels: the rule for {} requires a token, but there is no key to verify "
                        "one: set token_secret, token_key or token_jwks",
                        asking->pattern));
    look_at_variables(lines);
    return lines;
}

}  // namespace longwire::cli
