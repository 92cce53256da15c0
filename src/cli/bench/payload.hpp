#pragma once

#include "cli/bench/bench_options.hpp"

#include <longwire/result.hpp>

#include <cstddef>
#include <string>

namespace longwire::cli {

/// The characters of a published message that say when it was due.
constexpr std::size_t stamp_size = 16;
/// The largest message that a bench sends or takes.
constexpr std::size_t most_payload = std::size_t{256} * 1024 * 1024;

/// What each message holds: the file that the options name, or made text of their size. With
/// publishers it begins with room for a stamp. Errors: invalid_argument.
[[nodiscard]] Result<std::string> payload_of(const BenchOptions& options);

}  // namespace longwire::cli
