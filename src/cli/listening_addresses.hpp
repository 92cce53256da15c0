#pragma once

#include <longwire/result.hpp>
#include <longwire/server.hpp>

#include <string>
#include <vector>

namespace longwire::cli {

/// What an address of the command line stands for: ListenOptions::parse, and, for "systemd" or
/// "systemd:NAME", the sockets that a service manager has handed on (all, or those of that name).
/// Errors: invalid_argument.
[[nodiscard]] Result<std::vector<ListenOptions>> listening_addresses(const std::string& text);

/// Sockets that listen already: who can reach each is found out.
[[nodiscard]] std::vector<ListenOptions> listening_already(const std::vector<int>& descriptors);

}  // namespace longwire::cli
