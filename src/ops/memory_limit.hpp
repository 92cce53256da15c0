#pragma once

#include <cstddef>
#include <string>

namespace longwire::ops {

/// How many bytes of memory this process may use: what the machine has, or less where a control
/// group of Linux (version 1 or 2) that it is in says so, as in a container or by systemd's
/// MemoryMax. `root` is where the system's files are ("" but for tests).
[[nodiscard]] std::size_t memory_limit(const std::string& root = {});

}  // namespace longwire::ops
