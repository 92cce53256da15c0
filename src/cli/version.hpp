#pragma once

#include <string>
#include <string_view>

namespace longwire::cli {

/// "0.1.0"
[[nodiscard]] std::string_view version() noexcept;

/// "longwire 0.1.0 (commit 07a43da1b2c3; Release, GNU 12.2.0)"
[[nodiscard]] std::string version_line();

}  // namespace longwire::cli
