#pragma once

#include "cli/serve.hpp"
#include "dialects/webhook.hpp"
#include "hooks/http_caller.hpp"

#include <longwire/result.hpp>

#include <memory>

namespace longwire::cli {

/// How other servers are called.
[[nodiscard]] hooks::HttpCaller::Options caller_options(const ServeOptions& options);

/// The user's own server that says who may do what; null where there is none. Errors: a rule asks
/// for one that there is not, or the secret cannot be used.
[[nodiscard]] Result<std::shared_ptr<dialects::Webhook>> webhook_of(const ServeOptions& options,
                                                                    hooks::HttpCaller& caller);

}  // namespace longwire::cli
