#pragma once

#include "engine/router.hpp"
#include "net/stream.hpp"

#include <longwire/request.hpp>
#include <longwire/response.hpp>
#include <longwire/server.hpp>

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace longwire::engine {

/// A handshake that was accepted: the subprotocol (of the route's list, or empty), and the fields
/// of the 101 response.
struct Accepted {
    std::string_view subprotocol;
    std::optional<protocol::DeflateParameters> deflate = {};
    std::vector<std::pair<std::string, std::string>> fields = {};
};

/// One that was not, why, and what to answer.
struct Refused {
    HandshakeFailure why;
    Response response;
};

/// Judges a request for a WebSocket at `route` (RFC 6455, section 4.2): the handshake itself, its
/// Origin, and what the route's on_upgrade says.
[[nodiscard]] std::expected<Accepted, Refused> judge_upgrade(const WebSocketRoute& route,
                                                             const Request& request);

}  // namespace longwire::engine
