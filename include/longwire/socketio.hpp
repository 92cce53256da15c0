#pragma once

#ifdef LONGWIRE_WITHOUT_CHANNELS
#error "This Longwire was built without SocketIo. Build it with LONGWIRE_BUILD_CHANNELS=ON."
#endif

#include <longwire/header_field.hpp>
#include <longwire/message.hpp>
#include <longwire/result.hpp>
#include <longwire/server.hpp>
#include <longwire/task.hpp>

#include <chrono>
#include <concepts>
#include <coroutine>
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

class Hub;
struct ChannelUser;

namespace dialects::socketio {
class Application;
class Family;
class Member;
struct FirstRequest;
struct Answering;
struct Applying;
struct Whereabouts;
}  // namespace dialects::socketio

/// The server side of Socket.IO (protocol 5 over Engine.IO 4): what `socket.io-client` 3 and 4
/// speak.
namespace socketio {

/// A value that is already JSON. If it is not valid JSON, null is sent.
struct Json {
    std::string_view text;
};

/// The arguments of an event, or of an acknowledgement: values in JSON, and bytes among them. Which
/// library reads and writes the JSON of objects and lists is yours to choose; plain values can be
/// had, and added, as they are.
class Arguments {
public:
    Arguments() = default;
    /// `Arguments::of("text", 1, 2.5, true, nullptr, Json{R"({"a":1})"}, bytes)`
    template <class... Values>
    [[nodiscard]] static Arguments of(const Values&... values) {
        Arguments made;
        (made.add(values), ...);
        return made;
    }
    /// Reads a JSON array, as Socket.IO's packets hold it: bytes are objects like
    /// {"_placeholder":true,"num":0}, which stands for the first attachment. Nothing where it is no
    /// JSON array, or a placeholder stands for nothing.
    [[nodiscard]] static std::optional<Arguments> parse(std::string_view array,
                                                        std::vector<std::string> attachments = {});

    [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }
    [[nodiscard]] bool empty() const noexcept { return ends_.empty(); }

    /// The argument of this number as JSON; "null" beyond the last. Valid as long as this object
    /// and until something is added.
    [[nodiscard]] std::string_view json(std::size_t number) const noexcept;
    /// The argument as a text, if it is one.
    [[nodiscard]] std::optional<std::string> text(std::size_t number) const;
    [[nodiscard]] std::optional<double> number(std::size_t number) const;
    [[nodiscard]] std::optional<bool> boolean(std::size_t number) const;
    /// The argument's bytes, if it is binary (a Buffer, an ArrayBuffer, a Blob). For those deeper
    /// inside an argument, take the number of its placeholder to `attachments`.
    [[nodiscard]] std::optional<std::span<const std::byte>> bytes(std::size_t number) const;

    /// All arguments except the first `first` ones, with all attachments.
    [[nodiscard]] Arguments without(std::size_t first) const;

    /// All as one JSON array.
    [[nodiscard]] std::string array() const { return '[' + elements_ + ']'; }
    [[nodiscard]] const std::vector<std::string>& attachments() const noexcept {
        return attachments_;
    }

    /// Appends one more: UTF-8 as a text.
    Arguments& add(std::string_view text);
    Arguments& add(const char* text) { return add(std::string_view(text)); }
    Arguments& add(const std::string& text) { return add(std::string_view(text)); }
    template <std::same_as<bool> Boolean>
    Arguments& add(Boolean value) {
        return add_json(value ? "true" : "false");
    }
    template <std::integral Number>
        requires(!std::same_as<Number, bool>)
    Arguments& add(Number value) {
        return add_json(std::to_string(value));
    }
    /// One that JSON cannot say (not a number, infinity) becomes null.
    Arguments& add(double value);
    Arguments& add(std::nullptr_t) { return add_json("null"); }
    Arguments& add(Json json);
    Arguments& add(std::span<const std::byte> bytes);

private:
    friend class dialects::socketio::Member;
    /// Of what is known to be JSON values with commas between them.
    [[nodiscard]] static Arguments split(std::string_view elements,
                                         std::vector<std::string> attachments);
    Arguments& add_json(std::string_view valid);

    std::string elements_;           // with commas between them
    std::vector<std::size_t> ends_;  // of each in `elements_`
    std::vector<std::string> attachments_;
};

/// What a client has shown when it came.
struct Handshake {
    std::string auth = "{}";  ///< The object the client was given as `auth`, in JSON.

    /// The text of this name in `auth`, if there is one: `auth_text("token")`.
    [[nodiscard]] std::optional<std::string> auth_text(std::string_view name) const;
    /// What follows the '?' in the URL, percent-encoded.
    [[nodiscard]] std::string_view query() const noexcept;
    /// The value of `?name=` in the query, decoded.
    [[nodiscard]] std::optional<std::string> parameter(std::string_view name) const;
    /// All header fields of the client's first request.
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& headers() const noexcept;
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept;
    /// "192.0.2.7": `Request::client_address`.
    [[nodiscard]] std::string_view address() const noexcept;
    /// Whether it came over TLS.
    [[nodiscard]] bool secure() const noexcept;

private:
    friend struct dialects::socketio::FirstRequest;
    std::shared_ptr<const dialects::socketio::FirstRequest> first_;
};

/// Answers an event that asks for it, once: `acknowledge("done", 42)`. It may be copied, kept, and
/// used from any thread; when the client has disconnected, or was answered, it does nothing.
class Acknowledge {
public:
    Acknowledge() = default;
    /// Whether the client asked for an answer.
    explicit operator bool() const noexcept { return answering_ != nullptr; }

    template <class... Values>
    void operator()(const Values&... values) const {
        send(Arguments::of(values...));
    }
    void send(Arguments arguments) const;

private:
    friend class dialects::socketio::Member;
    std::shared_ptr<dialects::socketio::Answering> answering_;
};

/// Those whom an event goes to: one room, several, or all, perhaps but some:
/// `socket.to("red").to("blue").except("asleep").emit("wake up")`. To be used at once.
///
/// What goes to one room is published on its channel, also for those who reconnect later (see
/// `SocketIoOptions::recovery`), and for all others who are on that channel of a `Hub`. What goes
/// to several, or not to some, or is volatile, goes to the sockets that are connected, one by one.
class Audience {
public:
    template <class... Values>
    void emit(std::string_view event, const Values&... values) const {
        send(event, Arguments::of(values...));
    }
    void send(std::string_view event, const Arguments& arguments) const;
    /// The same, for what is of no use later: a client that it cannot be sent to at once does not
    /// get it.
    template <class... Values>
    void emit_volatile(std::string_view event, const Values&... values) const {
        send_volatile(event, Arguments::of(values...));
    }
    void send_volatile(std::string_view event, const Arguments& arguments) const;

    /// Those in `room` too. A socket in several of the rooms gets it once.
    [[nodiscard]] Audience to(std::string_view room) const;
    /// Except those in `room`.
    [[nodiscard]] Audience except(std::string_view room) const;

private:
    friend class Socket;
    friend class Namespace;
    friend class SocketHandle;
    friend class dialects::socketio::Member;
    Audience(dialects::socketio::Family& family, std::string name_space, std::string room,
             std::optional<std::pair<std::uint32_t, std::uint64_t>> except)
        : family_(&family), name_space_(std::move(name_space)), except_(except) {
        rooms_.push_back(std::move(room));
    }
    void send_to_each(std::string_view event, const Arguments& arguments, bool only_at_once) const;

    dialects::socketio::Family* family_;
    std::string name_space_;
    std::vector<std::string> rooms_;  // an empty one: all of the namespace
    std::vector<std::string> excluded_;
    std::optional<std::pair<std::uint32_t, std::uint64_t>> except_;
};

class Socket;
class Namespace;

/// Names one client on one namespace. It may be copied, kept, and used from any thread, also when
/// the client has disconnected: then its functions do nothing. The SocketIo must still be there.
class SocketHandle {
public:
    SocketHandle() = default;

    template <class... Values>
    void emit(std::string_view event, const Values&... values) const {
        send(event, Arguments::of(values...));
    }
    void send(std::string_view event, Arguments arguments) const;
    void join(std::string_view room) const;
    void join(std::string_view room, const ChannelUser& as) const;
    void leave(std::string_view room) const;
    void disconnect() const;
    /// Runs `function` on the client's loop, unless it is gone by then.
    void post(std::function<void(Socket&)> function) const;

private:
    friend class Socket;
    std::shared_ptr<const dialects::socketio::Whereabouts> whereabouts_;
};

/// What came of an event that asked for an acknowledgement. Errors: timed_out, connection_failed
/// (the client has disconnected), unsupported (too many wait already).
using Answered = std::function<void(Result<Arguments>)>;

/// What `request` gives back: `co_await` it for the answer.
class [[nodiscard]] Requesting {
public:
    [[nodiscard]] bool await_ready() const noexcept;
    void await_suspend(std::coroutine_handle<> awaiter) noexcept;
    Result<Arguments> await_resume();

    Requesting(Requesting&&) noexcept = default;
    Requesting& operator=(Requesting&&) = delete;
    // A coroutine may be destroyed while it waits.
    ~Requesting();

private:
    friend class Socket;
    struct State;
    explicit Requesting(std::shared_ptr<State> state) noexcept;
    std::shared_ptr<State> state_;
};

/// One client on one namespace. Only the thread of its loop may use it, which is where handlers
/// run; other threads use `handle()`. Valid until its `on_disconnect` has returned.
class Socket {
public:
    using EventHandler = std::function<void(const Arguments&, const Acknowledge&)>;

    /// 24 random letters; each connection has another one, unless it was recovered.
    [[nodiscard]] const std::string& id() const noexcept;
    [[nodiscard]] const std::string& name_space() const noexcept;
    [[nodiscard]] const Handshake& handshake() const noexcept;
    /// Whether it reconnected within the time of `SocketIoOptions::recovery`: it is in its rooms
    /// again, and has got what it missed.
    [[nodiscard]] bool recovered() const noexcept;
    [[nodiscard]] bool connected() const noexcept;

    /// Handles an event of this client; goes before the handler of the namespace.
    void on(std::string event, EventHandler handler);

    template <class... Values>
    void emit(std::string_view event, const Values&... values) {
        send(event, Arguments::of(values...));
    }
    void send(std::string_view event, const Arguments& arguments);
    /// The same, for what is of no use later: dropped where it cannot leave at once.
    template <class... Values>
    void emit_volatile(std::string_view event, const Values&... values) {
        send_volatile(event, Arguments::of(values...));
    }
    void send_volatile(std::string_view event, const Arguments& arguments);

    /// Sends an event, and calls `answered` with what the client acknowledges it with, or with an
    /// error: timed_out where it does not in time (a `timeout` of 0 or less is over at once),
    /// connection_failed, unsupported (too many are waited for). Never within this call.
    void request(std::string_view event, const Arguments& arguments,
                 std::chrono::milliseconds timeout, Answered answered);
    /// The same in a coroutine: `auto answer = co_await socket.request("question", arguments, 5s)`.
    Requesting request(std::string_view event, const Arguments& arguments,
                       std::chrono::milliseconds timeout);

    /// Rooms are names that sockets are in, to be sent to together. One is in at most
    /// `SocketIoOptions::max_rooms`; more are ignored, and the log says so.
    void join(std::string_view room);
    /// The same as the user `as`, who is then listed in the presence of the room's channel, if
    /// that is one of a `Hub` and its rule keeps presence.
    void join(std::string_view room, const ChannelUser& as);
    void leave(std::string_view room);
    [[nodiscard]] bool in(std::string_view room) const;

    /// All in `room` but this one: `socket.to("lobby").emit("moved", x, y)`.
    [[nodiscard]] Audience to(std::string_view room) const;
    /// All of the namespace but this one.
    [[nodiscard]] Audience broadcast() const;

    /// Takes the client off this namespace; it does not reconnect by itself. With `everything`,
    /// its whole connection is closed.
    void disconnect(bool everything = false);

    [[nodiscard]] SocketHandle handle() const;

    /// The socket's own T: made (by `T()`) at the first call, gone with it.
    template <class T>
    T& state() {
        static constexpr char key = 0;
        if (void* kept = find_state(&key)) return *static_cast<T*>(kept);
        auto made = std::make_shared<T>();
        T& state = *made;
        keep_state(&key, std::move(made));
        return state;
    }

    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

private:
    friend class dialects::socketio::Member;
    explicit Socket(dialects::socketio::Member& inside) noexcept : inside_(inside) {}
    ~Socket() = default;
    [[nodiscard]] void* find_state(const void* key) const noexcept;
    void keep_state(const void* key, std::shared_ptr<void> state);

    dialects::socketio::Member& inside_;
};

/// Decides whether a client may connect to a namespace: `allow` or `refuse`, once, now or later,
/// on any thread. If all copies are destroyed before, the client is refused.
class Application {
public:
    [[nodiscard]] const Handshake& handshake() const noexcept;
    [[nodiscard]] std::string_view name_space() const noexcept;
    void allow() const;
    /// The client's `connect_error` gets `message`, and `data`, JSON or nothing, as `err.data`.
    void refuse(std::string_view message, Json data = {}) const;

private:
    friend class dialects::socketio::Application;
    explicit Application(std::shared_ptr<dialects::socketio::Applying> applying) noexcept
        : applying_(std::move(applying)) {}
    std::shared_ptr<dialects::socketio::Applying> applying_;
};

/// A namespace, or all namespaces of a pattern. What is set is set before the server runs; `emit`
/// and `to` are for any thread.
class Namespace {
public:
    using EventHandler = std::function<void(Socket&, const Arguments&, const Acknowledge&)>;

    /// Called, one after the other, for each client that wants to connect.
    Namespace& use(std::function<void(const Application&)> middleware);
    /// A client has connected.
    Namespace& on_connection(std::function<void(Socket&)> handler);
    /// An event of any client here. If the handler throws, the connection of that client is
    /// closed.
    Namespace& on(std::string event, EventHandler handler);
    /// An event without a handler of its own.
    Namespace& on_other(
        std::function<void(Socket&, std::string_view event, const Arguments&, const Acknowledge&)>
            handler);
    /// A client has disconnected; the last call for it. The reasons are Socket.IO's: "transport
    /// close", "client namespace disconnect", "server namespace disconnect", "ping timeout", …
    Namespace& on_disconnect(std::function<void(Socket&, std::string_view reason)> handler);

    /// Which channels its rooms are, where the SocketIo stands on a `Hub`: those whose names are
    /// `prefix` and the room's; so namespaces with the same prefix share their rooms. Nothing: none
    /// of the Hub's, but some that only this SocketIo reaches; so are, whatever is said here,
    /// everybody on a namespace, a client's own room (its id), and rooms whose channel could not be
    /// called so (1 to 200 bytes, no slash, no control characters). At first: "" for the namespace
    /// "/", nothing for others.
    Namespace& room_channels(std::optional<std::string> prefix);

    /// All who are here. (Of a pattern: not.)
    template <class... Values>
    void emit(std::string_view event, const Values&... values) {
        everybody().emit(event, values...);
    }
    [[nodiscard]] Audience to(std::string_view room) const;
    [[nodiscard]] Audience everybody() const;

    Namespace(const Namespace&) = delete;
    Namespace& operator=(const Namespace&) = delete;

private:
    friend class dialects::socketio::Family;
    explicit Namespace(dialects::socketio::Family& inside) noexcept : inside_(inside) {}
    ~Namespace() = default;

    dialects::socketio::Family& inside_;
};

}  // namespace socketio

/// What a SocketIo allows, and when. (Socket.IO's own defaults, where it has some.)
struct SocketIoOptions {
    std::string path = "/socket.io/";
    /// Origins whose pages may connect, as WebSocketOptions::origins.
    std::vector<std::string> origins = {};
    bool polling = true;    ///< Whether clients may poll by HTTP,
    bool websocket = true;  ///< and connect by WebSocket, at once or later.
    std::chrono::milliseconds ping_interval = std::chrono::seconds(25);
    std::chrono::milliseconds ping_timeout = std::chrono::seconds(20);
    std::chrono::milliseconds upgrade_timeout = std::chrono::seconds(10);
    /// For a client to connect to a namespace; after it the connection is closed.
    std::chrono::milliseconds connect_timeout = std::chrono::seconds(45);
    /// The largest message, and the largest body of a poll's POST (413), in bytes.
    std::size_t max_payload = 1'000'000;
    /// The most that waits for one client that polls too rarely or reads too slowly, in bytes;
    /// with more, it is closed.
    std::size_t max_backlog = std::size_t{1024} * 1024;
    /// How long a client that lost its connection may stay away and still be recovered (Socket.IO's
    /// connection state recovery). 0: it cannot be. Events to clients then carry one argument more,
    /// the last: where they stand.
    std::chrono::milliseconds recovery = std::chrono::milliseconds(0);
    /// With recovery: events that are kept of each room. (Of one that is a channel of a `Hub`, that
    /// channel's rule says what is kept.)
    std::size_t recovery_events = 100;
    std::size_t max_sessions = 100'000;  ///< In total; beyond: 503. 0: no limit.
    /// Of one IPv4 address, or of one IPv6 network of 64 bits; beyond: 429. 0: no limit.
    std::size_t max_sessions_per_address = 0;
    /// Beyond these the client's connection is closed: bytes of one event with its attachments,
    /// attachments of one event, namespaces of one connection.
    std::size_t max_event = 4'000'000;
    std::size_t max_attachments = 64;
    std::size_t max_namespaces = 64;
    std::size_t max_rooms = 1024;    ///< Of one socket.
    std::size_t max_requests = 256;  ///< Acknowledgements of one socket that are waited for.
    /// Of the channels that only this SocketIo reaches: "socket.io/chat" is everybody on the
    /// namespace /chat, "socket.io/chat#red" the room "red" there. Several on one `Hub` that are
    /// not to share these have different ones.
    std::string channel_prefix = "socket.io";
    Compression compression = Compression::off;
};

/// A Socket.IO server on the ports of a Server, beside whatever else that serves:
///
///     longwire::SocketIo io(server);
///     io.of("/").on_connection([](longwire::socketio::Socket& socket) { socket.join("lobby"); });
///     io.of("/").on("say", [](auto& socket, auto& arguments, auto& acknowledge) {
///         socket.to("lobby").send("said", arguments);
///         acknowledge("done");
///     });
///
/// Set it up before the server runs; it must outlive the server's run, and go before the server.
class SocketIo {
public:
    /// Rooms are among its sockets only.
    explicit SocketIo(Server& server, const SocketIoOptions& options = {});
    /// On the server of `hub`, and on its channels: the room "news" of the namespace "/" is the
    /// channel "news" (`Namespace::room_channels` says which others are). What anybody publishes
    /// there, by whatever way, arrives at the sockets in the room as an event, called "message"
    /// where it has no name; what is emitted to the room arrives at everybody on the channel. The
    /// hub's `rules` and `authorize` decide which other clients may use the channel, and `rules`
    /// how long its history is; the program puts sockets into rooms without asking them. Either of
    /// the two may go first.
    explicit SocketIo(Hub& hub, const SocketIoOptions& options = {});
    ~SocketIo();
    SocketIo(const SocketIo&) = delete;
    SocketIo& operator=(const SocketIo&) = delete;

    /// The namespace of this name ("/chat"), or with a '*' at its end all whose names begin so and
    /// that have no name of their own. Made at the first call; a client that asks for another one
    /// is told "Invalid namespace".
    socketio::Namespace& of(std::string_view name);

    /// How many clients are connected. Any thread.
    [[nodiscard]] std::size_t sessions() const noexcept;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

/// Engine.IO alone, which Socket.IO stands on: messages to and fro by whatever transport there is.
class EngineIo {
public:
    /// One client.
    class Session {
    public:
        /// On its loop's thread: inside the handler.
        void send(Message message);
        void close();

    private:
        friend class EngineIo;
        explicit Session(void* inside) noexcept : inside_(inside) {}
        void* inside_;
    };

    /// `path`, `origins`, transports, times, `max_payload`, `max_backlog` and the limits of
    /// sessions are used of the options. `on_message` is called on the client's loop.
    EngineIo(Server& server, const SocketIoOptions& options,
             std::function<void(Session&, Message)> on_message);
    ~EngineIo();
    EngineIo(const EngineIo&) = delete;
    EngineIo& operator=(const EngineIo&) = delete;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace longwire
