#pragma once

#include "cli/serve.hpp"
#include "dialects/rules_gate.hpp"
#include "hooks/http_caller.hpp"

#include <longwire/result.hpp>
#include <longwire/server.hpp>

#include <vector>

namespace longwire::cli {

/// Who may do what, by the options. Without a rule in the configuration everyone may do everything,
/// and name themselves. Errors: those of reading keys, and of webhooks. `caller` must outlive it.
[[nodiscard]] Result<dialects::RulesGate::Policy> policy_of(const ServeOptions& options,
                                                            hooks::HttpCaller& caller);

/// Whether only this machine can reach it: a loopback address or a Unix socket.
[[nodiscard]] bool is_private(const ListenOptions& where);

}  // namespace longwire::cli
