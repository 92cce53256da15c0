#pragma once

#include "cli/connect.hpp"

#include <CLI/CLI.hpp>

namespace longwire::cli {

/// `longwire connect` and its options, which are read into `options`.
CLI::App& add_connect(CLI::App& app, ConnectOptions& options);

}  // namespace longwire::cli
