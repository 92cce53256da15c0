#pragma once

#include "cli/serve.hpp"

#include <CLI/CLI.hpp>

#include <expected>
#include <string>
#include <vector>

namespace longwire::cli {

/// Adds `longwire serve` to the program. Its options are also what a configuration file may hold.
CLI::App& add_serve(CLI::App& app, ServeOptions& options);

/// The options once more, as the same command line, the environment and the configuration file give
/// them now. The error is what is wrong, line by line.
[[nodiscard]] std::expected<ServeOptions, std::vector<std::string>> reread(
    const ServeOptions& options);

/// The arguments of `longwire serve` with what the environment and the configuration file say put
/// before what the command line does not; the rules and apps of that file go to `options`. The
/// error is what is wrong, line by line.
[[nodiscard]] std::expected<std::vector<std::string>, std::vector<std::string>> with_settings(
    std::vector<std::string> arguments, ServeOptions& options);

/// Whether words of a command line want each line of the log to be JSON: for what is wrong with the
/// others.
[[nodiscard]] bool want_json(const std::vector<std::string>& words);

}  // namespace longwire::cli
