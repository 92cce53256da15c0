#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace longwire::cli {

/// What `longwire config` was asked to do.
struct ConfigOptions {
    enum class What { check, usual, show };
    What what = What::check;
    std::string file;
};

CLI::App& add_config(CLI::App& app, ConfigOptions& options);
/// Gives the exit code.
int config(const ConfigOptions& options);

}  // namespace longwire::cli
