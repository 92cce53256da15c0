#pragma once

#include <longwire/close_code.hpp>
#include <longwire/connect.hpp>
#include <longwire/connection_limits.hpp>
#include <longwire/error.hpp>
#include <longwire/message.hpp>
#include <longwire/ready_state.hpp>
#include <longwire/reconnect.hpp>
#include <longwire/result.hpp>
#include <longwire/task.hpp>
#include <longwire/tls.hpp>
#include <longwire/websocket.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire {

namespace engine {
class ClientSession;
}

class Client;

/// What a Client asks a server for, as a hook may change it before each try.
struct ClientRequest {
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string user;      ///< "user:password", for basic authorization (RFC 7617).
    std::string bearer;    ///< A token, for bearer authorization (RFC 6750).
    std::string cookies;   ///< The Cookie field: "name=value; other=value".
    bool give_up = false;  ///< Set it, and the Client is closed instead of connecting.
};

/// Tells why a Client has no connection, and when it tries again.
struct Interruption {
    /// Why no connection could be made; null where one was open and ended.
    const Error* error = nullptr;
    CloseStatus status = {};               ///< How it ended, where it was open.
    std::uint32_t tries = 0;               ///< In a row without success, the next one included.
    std::chrono::milliseconds delay = {};  ///< Until the next.
};

/// How a Client connects, and what it calls. The fields up to `limits` are those of ConnectOptions
/// (TLS among them, as of ClientTls), but own their text. In `ConnectionLimits::max_backlog` and
/// `max_queue` each message counts 8 bytes more than it holds, so that empty ones are bounded too.
struct ClientOptions {  // NOLINT(clang-analyzer-optin.performance.Padding): in the reader's order
    std::vector<std::string> subprotocols = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string origin = {};
    std::string user = {};
    std::string bearer = {};
    std::string cookies = {};
    std::string proxy = {};
    bool environment_proxy = true;
    std::string local_address = {};
    std::uint8_t max_redirects = 0;
    std::string roots_file = {};
    std::string certificate_file = {};
    std::string key_file = {};
    bool verify = true;
    std::string pinned_keys = {};
    TlsVersion oldest = TlsVersion::tls_1_2;
    std::chrono::milliseconds handshake_timeout = std::chrono::seconds(10);
    ConnectionLimits limits = {};

    /// Nothing: a connection that is lost stays lost.
    std::optional<Reconnect> reconnect = {};
    /// The most bytes of messages that are kept while there is no connection, to be sent once there
    /// is one; 0: `send` drops them.
    std::size_t max_queue = 0;
    /// Called before each try to connect. It may take its time, as any coroutine; and where there
    /// is one, the refusals 401 and 403 are not final, since it may bring what was missing. It is
    /// destroyed where it is suspended when the Client is closed or destroyed meanwhile.
    std::function<Task<>(ClientRequest&)> before_connect = {};

    // The events of the WebSockets standard. All Clients of the program share one thread for them,
    // so they must not block. An exception that leaves one closes the connection with 1011 (with
    // `reconnect`, the Client then comes back).

    /// The connection is open; with `reconnect`, each time it is.
    std::function<void(Client&)> on_open = {};
    /// None after `close` was called, whatever still comes.
    std::function<void(Client&, Message)> on_message = {};
    /// The connection has failed, or could not be made, for good; `on_close` follows. (A browser
    /// does not say why.)
    std::function<void(Client&, const Error&)> on_error = {};
    /// The last event, once: the Client is closed, and stays so.
    std::function<void(Client&, const CloseStatus&)> on_close = {};
    /// With `reconnect`: there is no connection, and there will be another try.
    std::function<void(Client&, const Interruption&)> on_reconnecting = {};
};

/// The WebSocket interface of the WHATWG's standard (https://websockets.spec.whatwg.org), for
/// programs with threads of their own:
///
///     longwire::Client client("wss://example.org/chat", {
///         .on_open = [](longwire::Client& client) { client.send("hello"); },
///         .on_message = [](longwire::Client&, longwire::Message message) { ... },
///     });
///
/// Any thread may call any function. Events come on one thread, which all Clients of the program
/// share: it begins with the first, and at the program's end gives closing handshakes one second.
/// (Where the system has no descriptors left for it, the log says so, and Clients are closed from
/// the start, without events.) Destroying a Client, at any time and in its own events too, closes
/// the connection with 1000, behind what was sent before; no event comes once the destructor has
/// returned, and what its own handlers held is gone. (It waits for one that is being handled on the
/// other thread: do not hold a lock that the handler wants.)
///
/// After a fork, the child's Clients are those that it makes itself: its first begins a thread of
/// its own. Those that were made before are the parent's, and go on there; in the child they are
/// closed without events, what is sent there is dropped, and they may be destroyed.
///
/// Where it differs from the standard: `send` says what became of the message; what is sent while
/// there is no connection is dropped or, with `max_queue`, kept, and is never an exception; text is
/// sent as it is, and has to be UTF-8; a Message is a view of bytes, so that `binaryType` has no
/// meaning; errors say why.
class Client {
public:
    /// Begins to connect to `url` (as `connect` takes it) and returns at once. A URL or an option
    /// that is wrong is an event: on_error, then on_close.
    explicit Client(std::string_view url, const NameList& subprotocols = {});
    Client(std::string_view url, ClientOptions options);
    /// Options that many Clients share.
    Client(std::string_view url, std::shared_ptr<const ClientOptions> options);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// The URL as it was given, or as `before_connect` has changed it last.
    [[nodiscard]] std::string url() const;
    /// `connecting` also while it waits to try again.
    [[nodiscard]] ReadyState ready_state() const;
    /// The subprotocol that was agreed on; empty before, and where there is none.
    [[nodiscard]] std::string protocol() const;
    /// The extensions that were agreed on, as the server's answer says them.
    [[nodiscard]] std::string extensions() const;
    /// Bytes of messages that were taken and that the operating system has not taken yet: 0 once
    /// all have left. (Other than in the standard, what is sent after `close` does not count.)
    [[nodiscard]] std::size_t buffered_amount() const;
    /// How long the server took to answer the latest ping that the Client knows of: it looks
    /// whenever a message comes, and with `limits.ping_every` after each answer. Nothing before the
    /// first.
    [[nodiscard]] std::optional<std::chrono::microseconds> round_trip() const;

    /// Sends a copy of `message`. `sent`: it is on its way; `buffered`: it waits, for a connection
    /// or for a server that reads slowly; `dropped`: there is no connection, or more than
    /// `limits.max_backlog` (without one: `max_queue`) would wait. What one thread sends stays in
    /// its order. Each message arrives at most once: what a lost connection had taken is not sent
    /// again.
    SendStatus send(Message message);
    SendStatus send(std::string_view text) { return send(Message::text(text)); }
    SendStatus send(std::span<const std::byte> bytes) { return send(Message::binary(bytes)); }

    /// Starts the closing handshake, after what was sent before; or, where there is no connection,
    /// ends trying. `code` is 1000, or one from 3000 to 4999; `reason` at most 123 bytes of UTF-8:
    /// anything else is refused, with invalid_argument. Does nothing if the Client is closing or
    /// closed already.
    Result<void> close(CloseCode code = CloseCode::normal, std::string_view reason = {});

    // Handlers may be set later too, for the events that come from then on (which may be too late
    // for the first ones), and by a handler for itself. Nothing in place of a handler: no more
    // calls.
    void on_open(std::function<void(Client&)> handler);
    void on_message(std::function<void(Client&, Message)> handler);
    void on_error(std::function<void(Client&, const Error&)> handler);
    void on_close(std::function<void(Client&, const CloseStatus&)> handler);
    void on_reconnecting(std::function<void(Client&, const Interruption&)> handler);

private:
    std::shared_ptr<engine::ClientSession> session_;
};

}  // namespace longwire
