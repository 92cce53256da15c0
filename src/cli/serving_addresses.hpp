#pragma once

#include "cli/serve.hpp"
#include "ops/admin.hpp"

#include <longwire/server.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace longwire::cli {

/// Empty where the options about TLS fit each other.
[[nodiscard]] std::string_view wrong_with_tls(const ServeOptions& options);

/// Listens where asked, and prints where that is. Otherwise gives the exit code: why not has been
/// told.
[[nodiscard]] std::optional<int> listen(Server& server, const ServeOptions& options, bool has_page);
/// The same for the operator's address, which may be none.
[[nodiscard]] std::optional<int> start(ops::Admin& admin, const std::string& address);

}  // namespace longwire::cli
