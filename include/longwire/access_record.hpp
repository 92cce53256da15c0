#pragma once

#include <longwire/close_code.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace longwire {

enum class HandshakeFailure : std::uint8_t;  // <longwire/server.hpp>

/// What only a WebSocket connection has of an AccessRecord.
struct ConnectionRecord {
    std::string subprotocol = {};
    CloseCode code = CloseCode::abnormal_closure;  ///< As `on_close` is told it.
    /// What the server closed it with, where it was the server that began: a peer that does
    /// not answer that leaves 1006 behind.
    std::optional<CloseCode> server_code = {};
    std::string reason = {};  ///< The peer's, or, where the server began, the server's.
    std::uint64_t messages_received = 0;
    std::uint64_t messages_sent = 0;
};

/// One line of an access log: an HTTP request that is over, or a WebSocket connection that has
/// ended. What came from the client is as it came, except that it is cut where it is long, and that
/// a URL's secrets are not in it: it may hold control characters, and bytes that are no UTF-8.
struct AccessRecord {
    /// How much of what a client sent is kept, in bytes; what was longer ends in "...".
    static constexpr std::size_t longest_target = 1024;
    static constexpr std::size_t longest_text = 256;

    std::string peer = {};    ///< "192.0.2.7:54321", "[2001:db8::7]:54321" or "unix".
    std::string client = {};  ///< As `Request::client_address`: the peer's, or a proxy's client's.
    std::string method = {};  ///< Empty, as `target`, where no whole request came.
    /// Path and query, percent-encoded as it came. The values of parameters by whose names they are
    /// secrets (token, access_token, key, password, signature, sid and the like) are "***": those
    /// of the query, and those of the route ("/join/:token").
    std::string target = {};
    int minor_version = 1;  ///< HTTP/1.0 or 1.1.
    bool secure = false;    ///< It came over TLS (`Request::secure`).
    /// Of the answer. 101: it became a WebSocket. 499: the client went before it was answered.
    int status = 0;
    /// What the connection carried for it, inside TLS: the request, the answer, and frames.
    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_sent = 0;
    /// From when the request was there until the answer was complete, or the WebSocket closed.
    std::chrono::microseconds duration = {};
    std::string user_agent = {};
    std::string origin = {};
    /// Who it was, where the program has said so (`WebSocket::name_user`, `HttpReply::name_user`).
    std::string user = {};
    /// For a client that wanted a WebSocket and did not get it, or sent no request in time: why.
    std::optional<HandshakeFailure> refused = {};

    /// Of a WebSocket connection only.
    std::optional<ConnectionRecord> websocket = {};
};

/// Is given each record, on the loop of its connection: several may call it at once, and it must
/// not block. The record is gone afterwards.
using AccessSink = std::function<void(const AccessRecord&)>;

}  // namespace longwire
