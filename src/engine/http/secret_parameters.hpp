#pragma once

#include "engine/http/router.hpp"

#include <string>
#include <string_view>

namespace longwire::engine {

/// A path and query as it may be shown to others: "***" for the value of each parameter whose name
/// says that it is a secret, in the query and, as its route has matched it, in the path.
[[nodiscard]] std::string without_secrets(std::string_view target, const Router::Match& match);

}  // namespace longwire::engine
