#pragma once

#include "engine/websocket/websocket_session.hpp"

#include <longwire/connect.hpp>

#include <memory>
#include <string>
#include <vector>

namespace longwire::engine {

/// What a client's connection keeps of its options for as long as it lives. Connections that were
/// made with the same options share one.
struct ClientTerms {
    /// The subprotocols have been judged.
    [[nodiscard]] static std::shared_ptr<const ClientTerms> of(const ConnectOptions& options);

    Terms terms;
    std::vector<std::string> subprotocols;
};

}  // namespace longwire::engine
