#pragma once

#include "cli/bench/bench_options.hpp"

#include <CLI/CLI.hpp>

namespace longwire::cli {

/// `longwire bench` and its options, which are read into `options`.
CLI::App& add_bench(CLI::App& app, BenchOptions& options);

}  // namespace longwire::cli
