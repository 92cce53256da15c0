#pragma once

#include <longwire/compression.hpp>
#include <longwire/standard.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace longwire {

/// The limits of one WebSocket connection. A server has them for each route
/// (`WebSocketOptions::limits`), a client for each connection (`ConnectOptions::limits`,
/// `ClientOptions::limits`), with the same defaults:
///
///     server.websocket("/chat", handlers, {.limits = {.max_message_size = 64 * 1024}});
///
/// Sizes are in bytes. Times are whole milliseconds, up to 24 days; a time of 0 turns that timeout
/// off, but for `close_timeout`. A limit holds for a connection as it was when that was opened:
/// `Server::change_websockets` changes it for those that come later.
///
/// Not here is what one side alone has: what happens to messages for a slow reader
/// (`WebSocketOptions::slow_reader`; a client drops them), how many topics a connection may be
/// subscribed to (`WebSocketOptions::max_subscriptions`); and what holds before there is a
/// WebSocket (`handshake_timeout` of ServerOptions and ConnectOptions, the limits on requests).
struct ConnectionLimits {
    /// The largest message to accept, over all its fragments (RFC 6455, section 5.4) and as it is
    /// once it is decompressed. A larger one closes the connection with 1009 (section 7.4.1), as
    /// soon as a header claims it. Any number; 0: empty messages alone. A coroutine that receives
    /// a message in parts takes longer ones too (`WebSocket::receive_part`).
    std::size_t max_message_size = std::size_t{1024} * 1024;
    /// The most that may wait to be sent to a peer that reads slowly. What would go beyond is
    /// dropped by a client (`send` says so); a server does with it what `slow_reader` says. 64 KiB
    /// and one message are always let in.
    std::size_t max_backlog = std::size_t{1024} * 1024;
    /// Whether messages are compressed (permessage-deflate, RFC 7692): a client offers it, a server
    /// agrees to it where the client has offered it. Stays as it is for as long as a server runs.
    Compression compression = Compression::shared;
    /// Messages of fewer bytes are sent as they are. 0: all are compressed that get smaller.
    std::size_t compression_threshold = 1024;
    /// A ping (RFC 6455, section 5.5.2) is sent after this long without a sign of the peer, once in
    /// each silence. 0: none.
    std::chrono::milliseconds ping_after = std::chrono::seconds(30);
    /// A ping is sent this often, whatever else comes and goes, so that `WebSocket::round_trip`
    /// stays true. While one is not answered, the next waits for up to ten times as long. 0: only
    /// after silence, as `ping_after` says.
    std::chrono::milliseconds ping_every = std::chrono::milliseconds(0);
    /// The connection is ended (1006) if nothing arrives from the peer for this long. While a ping
    /// waits behind what was sent before it, it is a sign that the peer's system takes some of
    /// that. 0: never.
    std::chrono::milliseconds idle_timeout = std::chrono::seconds(60);
    /// How long the peer may take to answer a close frame and to end the connection (RFC 6455,
    /// section 7.1.1), once it has what was sent before; and until then, how long to take some more
    /// of that. Then the connection is ended as it is. 0: no limit of its own on the close
    /// frame, and 5 seconds for the end.
    std::chrono::milliseconds close_timeout = std::chrono::seconds(5);
    /// How long a frame may take to arrive once it has begun, beside one second for each 4 KiB of
    /// it. What is slower is closed with 1008. 0: no limit.
    std::chrono::milliseconds frame_timeout = std::chrono::seconds(30);
    /// Pings and pongs (RFC 6455, sections 5.5.2 and 5.5.3) that a peer may send in one second,
    /// but for the pongs that were asked for. More is closed with 1008. 0: no limit.
    std::uint16_t max_control_frames = 500;

    friend bool operator==(const ConnectionLimits&, const ConnectionLimits&) = default;
};

}  // namespace longwire
