#pragma once

#include <string>
#include <string_view>

namespace longwire::engine {

/// A path and query as it may be shown to others: "***" for the value of each parameter whose name
/// says that it is a secret.
[[nodiscard]] std::string without_secrets(std::string_view target);

}  // namespace longwire::engine
