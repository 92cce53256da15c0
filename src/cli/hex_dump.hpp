#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace longwire::cli {

/// The first `most` bytes in rows of offset, numbers and letters, and how many more there are.
/// Each row begins with two spaces, is no wider than `columns` (if they are 26 or more), and ends
/// with a line break.
[[nodiscard]] std::string hex_dump(std::span<const std::byte> bytes, std::size_t most,
                                   std::size_t columns);

}  // namespace longwire::cli
