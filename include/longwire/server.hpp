#pragma once

#include <longwire/access_record.hpp>
#include <longwire/connection_limits.hpp>
#include <longwire/http_reply.hpp>
#include <longwire/request.hpp>
#include <longwire/response.hpp>
#include <longwire/result.hpp>
#include <longwire/slow_reader.hpp>
#include <longwire/task.hpp>
#include <longwire/tls.hpp>
#include <longwire/upgrade.hpp>
#include <longwire/websocket.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwire {

namespace engine {
class CrossOrigin;
class ServerLoops;
}  // namespace engine

/// The handlers of a WebSocket route; each may be left out. They run on the connection's loop and
/// must not block it. One that throws closes its own connection with 1011, and the log says so.
struct WebSocketHandlers {
    /// The handshake is correct and its Origin allowed; refuse it here, or add header fields. It
    /// may be a coroutine.
    UpgradeHandler on_upgrade = {};
    /// The connection is open. The request is gone afterwards: keep what is needed of it.
    std::function<void(WebSocket&, const Request&)> on_open = {};
    /// A whole message came. Its payload is valid until the handler returns.
    std::function<void(WebSocket&, Message)> on_message = {};
    /// The backlog has room again after `send` said `buffered`.
    std::function<void(WebSocket&)> on_drain = {};
    /// The server is shutting down (`Server::stop`, `Server::drain`) and closes this connection
    /// next. The handler may close it with a code of its own.
    std::function<void(WebSocket&)> on_leave = {};
    /// The connection has ended; the last call for it. 1005: the peer gave no code; 1006: the
    /// connection was lost.
    std::function<void(WebSocket&, CloseCode, std::string_view reason)> on_close = {};
};

/// A WebSocket route as a coroutine: one runs for each connection, from open to its own end. When
/// it returns the connection is closed with 1000; when it throws, with 1011.
using WebSocketCoroutine = std::function<Task<>(WebSocket&)>;
/// The same, with the request, which the coroutine then owns.
using WebSocketRequestCoroutine = std::function<Task<>(WebSocket&, Request)>;

/// What a WebSocket route allows.
struct WebSocketOptions {
    /// Origins whose pages may connect ("https://example.org"), "*" for all. With none given, an
    /// Origin must match the Host field (RFC 6455, section 10.2); a request without an Origin
    /// does not come from a browser and is let in.
    std::vector<std::string> origins = {};
    /// The subprotocols this route speaks, the preferred first (RFC 6455, section 1.9). The first
    /// one that the client also offers is chosen. If there is none, the handshake is still
    /// accepted.
    std::vector<std::string> subprotocols = {};
    /// Sizes, times and counts of each connection, and whether it is compressed.
    ConnectionLimits limits = {};
    /// What happens to messages for a peer that reads too slowly, so that more than
    /// `ConnectionLimits::max_backlog` would wait. A topic may have a rule of its own
    /// (`Server::topic`).
    SlowReader slow_reader = SlowReader::close;
    /// Topics that one connection may be subscribed to at a time.
    std::size_t max_subscriptions = 4096;
};

/// Answers one HTTP request. Runs on the connection's loop and must not block it. One that throws
/// is answered with 500.
using HttpHandler = std::function<Response(const Request&)>;

/// What a topic, or all topics of a pattern, have beside those of their subscribers' routes.
struct TopicOptions {
    /// For messages of this topic, in place of `WebSocketOptions::slow_reader`.
    SlowReader slow_reader = SlowReader::close;
};

/// Where to listen.
struct ListenOptions {
    /// A numeric address, or a name that resolves to addresses of this machine ("localhost").
    /// "0.0.0.0" is every IPv4 address, "::" every address.
    std::string host = "127.0.0.1";
    /// 0 lets the system pick one.
    std::uint16_t port = 0;
    /// The path of a Unix socket to listen on instead. A socket that a dead process left there is
    /// replaced; one that another process still listens on is not.
    std::string unix_path = {};
    /// The permissions of the socket that is created, as for chmod(2). Connecting needs write
    /// permission, so 0660 is for its owner and group. None: as the process's umask has it. Up to
    /// 0777; more is an invalid_argument.
    std::optional<unsigned> unix_mode = {};
    /// A socket that listens already, instead of an address: one that a service manager has handed
    /// on (systemd's socket activation: the first is 3). The server takes it, and closes it when
    /// it stops; other processes that have it continue to listen. -1: none.
    int descriptor = -1;
    /// Of a Unix socket that is a `descriptor`: its file is removed when the server stops, once it
    /// has run (and has not handed over). Otherwise the file stays.
    bool remove_file = false;
    /// With it, https: and wss: are served here (TLS 1.2 and 1.3), and http: and ws: are not.
    std::optional<ServerTls> tls = {};

    /// Reads "HOST:PORT", "[IPv6]:PORT", ":PORT" (every address), "unix:PATH" or
    /// "fd:NUMBER".
    [[nodiscard]] static Result<ListenOptions> parse(std::string_view text);
};

/// What the server allows as a whole, and before a connection has become a WebSocket.
struct ServerOptions {
    /// Loops, each on a thread of its own (the first on that of `run`), over which connections are
    /// spread evenly. A connection stays on its loop; the handlers of connections on different
    /// loops run at the same time. 0: one for each processor that the process may use.
    std::size_t threads = 0;
    /// How long a loop looks for what comes next before it sleeps. Some 20 µs more than double the
    /// round trips of one connection that waits for each answer; this costs no CPU time on an idle
    /// loop, and much on a loop that has little to do. 0: it sleeps at once.
    std::chrono::microseconds spin = std::chrono::microseconds(0);
    /// For a request to arrive whole, and for a kept-alive connection to send its next one.
    std::chrono::milliseconds handshake_timeout = std::chrono::seconds(10);
    std::size_t max_request_head = std::size_t{16} * 1024;    ///< Bytes; beyond: 431 (or 414).
    std::size_t max_request_fields = 100;                     ///< Header fields; beyond: 431.
    std::size_t max_request_body = std::size_t{1024} * 1024;  ///< Bytes; beyond: 413.
    /// Connections in total; beyond, a new one is answered with 503. 0: as many as the system
    /// gives descriptors for. The last 64 descriptors of the process (of fewer than 256, a quarter)
    /// are left for other things, and for servers of no more than 64 connections.
    std::size_t max_connections = 0;
    /// Connections of one IPv4 address, or of one IPv6 network of 64 bits; beyond: 429. 0: no
    /// limit. It is counted before a request is there: behind a proxy, whose connections all are
    /// of one address, leave it at 0.
    std::size_t max_connections_per_address = 0;
    /// Bytes that all connections together may keep: what waits for peers that read slowly,
    /// messages and requests that are not whole yet, and what other threads have sent (by handles,
    /// replies, `publish` and a hub) and has yet to reach its loop. Beyond, new connections are
    /// answered with 503, and those that ask for more than their share are closed with 1013. Of
    /// what other threads send, half as much may be under way: beyond, they are told `dropped`, or
    /// that it was not published. 0: no limit.
    std::size_t max_memory = std::size_t{1024} * 1024 * 1024;
    /// Proxies in front of the server that are trusted to report the client's address
    /// (`Request::client_address`) and whether a request is `secure`: addresses, networks
    /// ("10.0.0.0/8", "2001:db8::/32"), and "unix" for all connections over a Unix socket. From
    /// the last entry of their field back, the first address that is none of them counts; if
    /// something else than an address stands in the way, or more than 32 of them do, it is the
    /// peer. List only proxies: a listed address can claim to be any client. `Server::listen`
    /// fails if an entry is not valid.
    std::vector<std::string> trusted_proxies = {};
    /// The one field that they write. The other, which a client may have sent, is not looked at.
    ForwardedField forwarded_field = ForwardedField::x_forwarded_for;
};

/// Why a client did not get the WebSocket, or the connection, that it wanted.
enum class HandshakeFailure : std::uint8_t {
    malformed,   ///< The request was not a valid handshake: 400.
    version,     ///< Of another version than 13 or 8: 426.
    origin,      ///< Its page's origin is not allowed: 403.
    program,     ///< `on_upgrade` has refused it.
    no_route,    ///< No WebSocket is served at its path: 404 and the like.
    timeout,     ///< The request did not arrive whole in time: 408.
    tls,         ///< The TLS handshake failed.
    kinds_count  ///< How many there are.
};

/// What a server has seen and done, in total.
struct ServerCounts {
    std::size_t connections = 0;  ///< That are open now, of any kind.
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;   ///< Since there were too many.
    std::uint64_t opened = 0;    ///< WebSocket connections.
    std::uint64_t closed = 0;    ///< Of those.
    std::uint64_t requests = 0;  ///< HTTP requests, upgrades among them.
    std::uint64_t handshakes_refused = 0;
    std::uint64_t messages_received = 0;
    std::uint64_t bytes_received = 0;  ///< Of those messages.
    std::size_t held = 0;              ///< Bytes kept for connections (`max_memory`), about now.
    /// Of those that closed, by code: 1000 to 1015, then all from 3000 to 3999, then all others.
    std::array<std::uint64_t, 18> closes = {};
    /// By `HandshakeFailure`.
    std::array<std::uint64_t, std::size_t(HandshakeFailure::kinds_count)> handshake_failures = {};
    /// Messages dropped for slow WebSocket clients, by `SlowReader`; for `close`: connections
    /// closed.
    std::array<std::uint64_t, 4> drops = {};
};

/// A server for WebSocket and HTTP on the same ports. Set it up on one thread; `run` then uses
/// that thread, and with `ServerOptions::threads` others beside it. What handlers share must be
/// made for that: give state to its connection (`WebSocket::state`), guard it by a mutex, or run
/// one thread.
///
/// Paths of routes are exact ("/echo"), may have parameters that match one segment
/// ("/rooms/:room"), and may end in "*", which matches the rest ("/files/*"). A path of more exact
/// segments wins over one with parameters, that one over "*".
class Server {
public:
    explicit Server(const ServerOptions& options = {});
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Serves WebSocket connections at `path`.
    Server& websocket(std::string_view path, WebSocketHandlers handlers,
                      WebSocketOptions options = {});
    Server& websocket(std::string_view path, WebSocketCoroutine coroutine,
                      WebSocketOptions options = {});
    Server& websocket(std::string_view path, WebSocketRequestCoroutine coroutine,
                      WebSocketOptions options = {});
    /// The same, where `on_upgrade` decides who is let in.
    Server& websocket(std::string_view path, UpgradeHandler on_upgrade,
                      WebSocketCoroutine coroutine, WebSocketOptions options = {});
    Server& websocket(std::string_view path, UpgradeHandler on_upgrade,
                      WebSocketRequestCoroutine coroutine, WebSocketOptions options = {});

    /// Answers HTTP requests of `method` at `path`. HEAD is answered by a GET handler.
    Server& http(std::string_view method, std::string_view path, HttpHandler handler);
    /// The same for answers that come later, or piece by piece.
    Server& http(std::string_view method, std::string_view path, HttpReplyHandler handler);

    /// Serves the files below `folder` at and below `path`: GET and HEAD, with media types and
    /// entity tags; `index.html` for a folder. Nothing outside the folder can be reached, and no
    /// file whose name, or whose folder's name, begins with a dot.
    Server& files(std::string_view path, std::string folder);

    /// Gives the topic `pattern`, or, where it ends in "*", all topics that begin with what stands
    /// before, options of their own. The first pattern that matches counts. Before `run`.
    Server& topic(std::string_view pattern, TopicOptions options);

    /// Gives `sink` a record of each request that is over and each WebSocket connection that has
    /// ended, for an access log. Without one nothing is noted. Before `run`.
    Server& on_access(AccessSink sink);

    /// Sends `message` to every connection that is subscribed to `topic` (`WebSocket::subscribe`),
    /// on all loops. It is encoded once, and compressed once for each set of parameters that
    /// connections have agreed on. What one thread publishes arrives in its order. Any thread.
    /// `dropped`: not to all of them, since too much of what threads have sent to loops other than
    /// their own is on its way there, faster than they take it (`ServerOptions::max_memory`).
    SendStatus publish(std::string_view topic, const PreparedMessage& message);
    SendStatus publish(std::string_view topic, Message message) {
        return publish(topic, PreparedMessage(message));
    }
    SendStatus publish(std::string_view topic, std::string_view text) {
        return publish(topic, Message::text(text));
    }

    /// Where a listening socket ended up.
    struct Listening {
        std::string address;     ///< "127.0.0.1:9001", "[::1]:9001", "unix:/run/x.sock"
        std::uint16_t port = 0;  ///< The port, also when the system picked it; 0 for a Unix socket.
        /// With TLS: the SHA-256 of the (first) certificate, "AB:CD:…", to compare by eye.
        std::string fingerprint = {};
        /// The sockets, to hand on to another process (`hand_over`, `ListenOptions::descriptor`).
        /// They stay the server's.
        std::vector<int> descriptors = {};
    };

    /// Begins to listen; connections are accepted once `run` runs. May be called several times.
    /// Errors: invalid_argument, name_not_resolved, address_in_use, address_not_available,
    /// permission_denied, listen_failed, certificate_unusable.
    [[nodiscard]] Result<Listening> listen(const ListenOptions& options);

    /// Reads the certificates, keys and roots of all addresses again. New connections get the new
    /// ones; open ones stay as they are, and sessions can still be resumed. On an error
    /// (certificate_unusable, which names the file) everything stays as it was. Any thread.
    [[nodiscard]] Result<void> reload_certificates();

    /// Other limits from now on: of connections, memory, and times and sizes of requests; other
    /// proxies for connections that come from now on (if they are wrong, a line to the log sink).
    /// Open connections stay open. `threads` and `spin` do not change. Any thread.
    void change(const ServerOptions& options);
    /// Lets `change` change the options of each WebSocket route, for connections that are opened
    /// from now on: sizes, times, counts and rules for slow readers. `origins`, `subprotocols` and
    /// `ConnectionLimits::compression` stay as they were. Any thread.
    void change_websockets(
        const std::function<void(std::string_view path, WebSocketOptions& options)>& change);

    /// Serves until `stop`. Gives 0 after a clean end, 1 (and a line to the log sink) if it could
    /// not serve at all.
    int run();
    /// `listen` and `run`. Gives 1, and the error to the log sink, if it cannot listen.
    int run(const ListenOptions& options);

    /// Ends `run`: no new connections, open ones are closed with 1001 and have the close timeout
    /// to answer. A second call ends it at once. Any thread, and a signal handler.
    void stop() noexcept;

    /// The same, with the closes spread over `within`, and with `code` (1012 says that the service
    /// restarts): so that clients do not all reconnect at once. Any thread, and a signal handler.
    /// `stop` after it ends it at once.
    void drain(std::chrono::milliseconds within,
               CloseCode code = CloseCode::service_restart) noexcept;

    /// The same, for a process that goes on with the sockets (`Listening::descriptors`): they stay
    /// where they are, Unix sockets too. On the server's first loop (`post`).
    void hand_over(std::chrono::milliseconds within) noexcept;

    /// What all connections together have done since the server was made. Any thread.
    [[nodiscard]] ServerCounts counts() const noexcept;

    /// Runs `function` on the server's first loop, the one on the thread of `run`. Any thread, also
    /// before `run`. An exception is logged.
    void post(std::function<void()> function);

private:
    friend class engine::CrossOrigin;
    friend class engine::ServerLoops;
    friend class TestServer;
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace longwire
