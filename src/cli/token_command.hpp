#pragma once

#include <CLI/CLI.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace longwire::cli {

/// What `longwire token` was asked to do.
struct TokenOptions {
    std::string secret;  // as secret_value takes it
    std::string key;     // a file
    std::string user;
    std::string info;
    std::vector<std::string> channels;
    std::vector<std::string> publish;
    std::optional<std::chrono::milliseconds> expires = std::chrono::hours(1);
    std::string audience;
    std::string issuer;
    std::string explain;  // a token, or "-"
};

CLI::App& add_token(CLI::App& app, TokenOptions& options);
/// Gives the exit code.
int token(const TokenOptions& options);

}  // namespace longwire::cli
