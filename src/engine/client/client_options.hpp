#pragma once

#include <longwire/client.hpp>
#include <longwire/connect.hpp>

#include <memory>
#include <span>

namespace longwire::engine {

struct ClientHandlers;

/// Takes the handlers out of a Client's own options, and gives the rest: shared with the Client
/// that was made before it where nothing differs, for a program with thousands of Clients makes
/// them one after another.
[[nodiscard]] std::shared_ptr<const ClientOptions> divide(
    ClientOptions options, std::unique_ptr<ClientHandlers>& handlers);

/// The views of options that `connect` takes. Errors: invalid_argument, for what they cannot hold.
[[nodiscard]] Result<ConnectOptions> connect_options(const ClientOptions& options,
                                                     const ClientRequest& request,
                                                     std::span<const HeaderField> headers);

}  // namespace longwire::engine
