#pragma once

#include "cli/serve.hpp"

#include <string>
#include <vector>

namespace longwire::cli {

/// What `longwire serve` refuses of options of which each is right by itself: secrets, keys and
/// certificates that cannot be read, rules that ask nobody, addresses that are too open. A line
/// each. What only the moment decides (a port that is taken) is not among them.
[[nodiscard]] std::vector<std::string> refused_by_serve(const ServeOptions& options);

/// What it takes though it can hardly be meant: rules that no channel comes to, rules for those who
/// show tokens where none can be checked, variables of no option. A line each.
[[nodiscard]] std::vector<std::string> hardly_meant(const ServeOptions& options);

}  // namespace longwire::cli
