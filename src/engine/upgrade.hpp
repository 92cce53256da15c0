#pragma once

#include "engine/router.hpp"
#include "net/stream.hpp"

#include <longwire/http_reply.hpp>
#include <longwire/request.hpp>
#include <longwire/response.hpp>

#include <functional>
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

/// Judges a request for a WebSocket at `route` (RFC 6455, section 4.2), as far as the handshake
/// itself and its Origin go: the response to refuse it with, or nothing.
[[nodiscard]] std::optional<Response> refusal_of(const WebSocketRoute& route,
                                                 const Request& request);
/// What the route's on_upgrade says of one that is not refused: a 101, or how to refuse it. Nothing
/// where that comes later, by the reply that `later` has made.
[[nodiscard]] std::optional<Response> decide(const WebSocketRoute& route, const Request& request,
                                             const std::function<HttpReply()>& later);
/// How it is accepted, with the fields that were decided.
[[nodiscard]] Accepted accept(const WebSocketRoute& route, const Request& request,
                              Response decided);

}  // namespace longwire::engine
