#pragma once

#include "cli/serve.hpp"

#include <longwire/result.hpp>

#include <cstddef>

namespace longwire::cli {

/// What of `--max-memory` is for what.
struct ServingMemory {
    std::size_t histories = 0;
    std::size_t connections = 0;  ///< Never 0, which would be no limit.
};

/// `available` is what the process may use: without `--max-memory` half of that is meant, without
/// `--history-memory` a quarter of `--max-memory`. Error: the histories would leave nothing.
[[nodiscard]] Result<ServingMemory> divide_memory(const ServeOptions& options,
                                                  std::size_t available);

/// The limits of the server with its part of the memory that this process may use.
[[nodiscard]] ServerOptions limits_with(const ServeOptions& options, const ServingMemory& memory);

}  // namespace longwire::cli
