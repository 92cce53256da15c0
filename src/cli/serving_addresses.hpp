#pragma once

#include "cli/serve.hpp"
#include "ops/admin.hpp"
#include "ops/successor.hpp"

#include <longwire/server.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace longwire::cli {

/// Empty where the options about TLS fit each other.
[[nodiscard]] std::string_view wrong_with_tls(const ServeOptions& options);

/// What was handed over to this process, and what it hands over in its turn.
struct Sockets {
    ops::Predecessor predecessor = {};
    ops::ListeningSockets own = {};
};

/// Listens where asked, and says where that is. Otherwise gives the exit code: why not has been
/// told.
[[nodiscard]] std::optional<int> listen(Server& server, const ServeOptions& options,
                                        Sockets& sockets, bool has_page);
/// The same for the operator's address, which may be none.
[[nodiscard]] std::optional<int> start(ops::Admin& admin, const ServeOptions& options,
                                       Sockets& sockets);

/// What keeps a server without rules from listening where others can reach it.
[[nodiscard]] std::string too_open(const std::string& address);
/// The certificates that it is to serve with; nothing where it serves without.
[[nodiscard]] std::optional<ServerTls> tls_of(const ServeOptions& options);

}  // namespace longwire::cli
