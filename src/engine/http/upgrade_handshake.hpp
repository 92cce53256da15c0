#pragma once

#include "engine/http/router.hpp"
#include "net/stream.hpp"
#include "protocol/handshake.hpp"

#include <longwire/request.hpp>
#include <longwire/response.hpp>
#include <longwire/server.hpp>

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace longwire::engine {

/// A handshake that was accepted: the subprotocol (of the route's list, or of what was decided, or
/// empty), and the fields of the 101 response.
struct Accepted {
    std::string_view subprotocol;
    std::shared_ptr<const std::string> decided_subprotocol = {};  // owns it, if it was decided
    std::optional<protocol::DeflateParameters> deflate = {};
    std::vector<std::pair<std::string, std::string>> fields = {};
};

/// Why a handshake is refused, and with what response.
struct Refusal {
    HandshakeFailure why;
    Response response;
};
/// Judges a request for a WebSocket at `route` (RFC 6455, section 4.2), as far as the handshake
/// itself and its Origin go: what it offers, in views of what the request owns.
[[nodiscard]] std::expected<protocol::HandshakeOffer, Refusal> judge(const WebSocketRoute& route,
                                                                     const Request& request);
/// How an offer is accepted, with the fields that were decided.
[[nodiscard]] Accepted accept(const WebSocketRoute& route, const protocol::HandshakeOffer& offer,
                              Response decided);

}  // namespace longwire::engine
