#pragma once

#include <longwire/close_code.hpp>
#include <longwire/message.hpp>
#include <longwire/message_part.hpp>
#include <longwire/prepared_message.hpp>
#include <longwire/ready_state.hpp>
#include <longwire/send_status.hpp>
#include <longwire/states.hpp>

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace longwire {

namespace engine {
class WaiterQueue;
class WebSocketSession;
}  // namespace engine

namespace detail {

/// A place in the queue of those who wait for one thing of a connection.
class Waiter {
public:
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    Waiter& operator=(Waiter&&) = delete;

protected:
    explicit Waiter(engine::WebSocketSession& session) noexcept : session_(&session) {}
    /// Only before it is awaited.
    Waiter(Waiter&& other) noexcept : session_(other.session_) {}
    ~Waiter() = default;

private:
    friend class engine::WaiterQueue;

protected:
    engine::WebSocketSession* session_;

private:
    Waiter* next_ = nullptr;
    std::coroutine_handle<> awaiter_;

protected:
    bool waiting_ = false;
};

/// What `receive` and `receive_part` have in common.
class Receipt {
public:
    [[nodiscard]] bool await_ready() noexcept;
    void await_suspend(std::coroutine_handle<> awaiter) noexcept;

    Receipt(const Receipt&) = delete;
    Receipt& operator=(const Receipt&) = delete;
    Receipt& operator=(Receipt&&) = delete;

protected:
    enum class Wanted : std::uint8_t { message, part };
    Receipt(engine::WebSocketSession& session, Wanted wanted) noexcept
        : session_(&session), wanted_(wanted) {}
    /// Only before it is awaited.
    Receipt(Receipt&& other) noexcept : session_(other.session_), wanted_(other.wanted_) {}
    // A coroutine may be destroyed while it waits.
    ~Receipt() {
        if (waiting_) forget();
    }
    engine::WebSocketSession& arrived() noexcept {
        waiting_ = false;
        return *session_;
    }
    /// Whether it may not be awaited here, or not now.
    [[nodiscard]] bool refused() const noexcept { return refused_; }

private:
    void forget() noexcept;

    engine::WebSocketSession* session_;
    Wanted wanted_;
    bool waiting_ = false;
    bool refused_ = false;
};

}  // namespace detail

/// What `send` gives back: the status at once, and something to await. `co_await socket.send(m)`
/// resumes when the backlog has room again (at once, as long as the peer keeps up), and gives the
/// status: `dropped` when the connection ended meanwhile.
class Sending : private detail::Waiter {
public:
    [[nodiscard]] SendStatus status() const noexcept { return status_; }
    friend bool operator==(const Sending& sending, SendStatus status) noexcept {
        return sending.status_ == status;
    }

    [[nodiscard]] bool await_ready() const noexcept;
    void await_suspend(std::coroutine_handle<> awaiter) noexcept;
    SendStatus await_resume() noexcept {
        waiting_ = false;
        return status_;
    }

    Sending(Sending&&) noexcept = default;
    ~Sending() {
        if (waiting_) forget();
    }

private:
    friend class engine::WaiterQueue;
    friend class engine::WebSocketSession;
    enum class Behind : bool { nothing, unfinished_message };
    Sending(engine::WebSocketSession& session, SendStatus status,
            Behind behind = Behind::nothing) noexcept
        : Waiter(session), status_(status), behind_(behind) {}

    // A coroutine may be destroyed while it waits.
    void forget() noexcept;

    SendStatus status_;
    Behind behind_;
};

/// What `receive` gives back: await it for the next message.
class [[nodiscard]] Receiving : public detail::Receipt {
public:
    std::optional<Message> await_resume() noexcept;

private:
    friend class WebSocket;
    explicit Receiving(engine::WebSocketSession& session) noexcept
        : Receipt(session, Wanted::message) {}
};

/// What `receive_part` gives back: await it for the next part of a message.
class [[nodiscard]] ReceivingPart : public detail::Receipt {
public:
    std::optional<MessagePart> await_resume();

private:
    friend class WebSocket;
    explicit ReceivingPart(engine::WebSocketSession& session) noexcept
        : Receipt(session, Wanted::part) {}
};

/// What `ping_and_wait` gives back: await it for the peer's answer.
class [[nodiscard]] Pinging : private detail::Waiter {
public:
    [[nodiscard]] bool await_ready();
    void await_suspend(std::coroutine_handle<> awaiter) noexcept;
    std::optional<std::chrono::microseconds> await_resume() noexcept {
        waiting_ = false;
        return round_trip_;
    }

    Pinging(Pinging&&) noexcept = default;
    ~Pinging() {
        if (waiting_) forget();
    }

private:
    friend class WebSocket;
    friend class engine::WaiterQueue;
    friend class engine::WebSocketSession;
    explicit Pinging(engine::WebSocketSession& session) noexcept : Waiter(session) {}

    // A coroutine may be destroyed while it waits.
    void forget() noexcept;

    std::optional<std::chrono::microseconds> round_trip_;
};

/// How a connection ended.
struct CloseStatus {
    CloseCode code = CloseCode::abnormal_closure;  ///< 1006 where no close frame came.
    std::string_view reason;                       ///< UTF-8, at most 123 bytes.
    bool clean = false;  ///< Whether both close frames crossed (RFC 6455, section 7.1.4).
};

class WebSocket;

/// What happened to a message that was passed to a Handle: `sent` or `dropped`. As a bool: whether
/// it was not dropped.
struct PostStatus {
    SendStatus status = SendStatus::sent;

    constexpr PostStatus(SendStatus its) noexcept  // NOLINT(google-explicit-constructor)
        : status(its) {}
    constexpr operator bool() const noexcept {  // NOLINT(google-explicit-constructor)
        return status != SendStatus::dropped;
    }
    friend constexpr bool operator==(PostStatus posted, SendStatus status) noexcept {
        return posted.status == status;
    }
};

/// A small value that names one connection. It may be copied, kept, and used from any thread, also
/// after the connection has ended: then each function returns `false`.
class Handle {
public:
    /// A handle to nothing.
    Handle() = default;

    /// Whether the connection still exists (it may be closing).
    [[nodiscard]] bool alive() const noexcept;

    /// Sends a copy of `message`. `dropped`: the connection is gone, or too much is on its way to
    /// the loops already, faster than they take it (on a server half of
    /// `ServerOptions::max_memory`, all handles and `publish` together; otherwise 64 MiB a loop).
    /// `sent` says that the message is on its way to the connection's loop, not that the peer has
    /// it; there the connection's `max_backlog` holds.
    PostStatus send(Message message) const;
    PostStatus send(std::string_view text) const { return send(Message::text(text)); }
    PostStatus send(PreparedMessage message) const;

    /// Starts the closing handshake, as WebSocket::close.
    bool close(CloseCode code = CloseCode::normal, std::string_view reason = {}) const;

    /// Runs `function` on the connection's loop with the connection, unless it is gone by then.
    /// False: it is gone already, or too much is on its way to the loops (see `send`; a function
    /// counts as a small message).
    bool post(std::function<void(WebSocket&)> function) const;

    friend bool operator==(const Handle&, const Handle&) noexcept = default;

private:
    friend class engine::WebSocketSession;
    template <class Send>
    [[nodiscard]] PostStatus post_message(std::size_t size, Send send) const;

    std::uint32_t loop_ = 0;
    std::uint32_t slot_ = 0;
    std::uint32_t generation_ = 0;
};

/// One connection, on the server or on the client. Only the thread of its loop may use it (that is
/// where handlers and coroutines run); other threads use `handle()`.
///
/// On a server a handler gets a reference, which stays valid until `on_close` has returned (or, in
/// a coroutine, until the coroutine ends). `connect` gives a WebSocket by value, which owns its
/// side of the connection: destroying it while it is open closes the connection with 1000.
class WebSocket {
public:
    /// Sends one message. The payload is copied or written before this returns. Text must be valid
    /// UTF-8: what the peer does with other bytes is to fail the connection (1007).
    Sending send(Message message);
    /// Sends a text message.
    Sending send(std::string_view text) { return send(Message::text(text)); }
    /// Sends a binary message.
    Sending send(std::span<const std::byte> bytes) { return send(Message::binary(bytes)); }
    /// Sends a message that was encoded before, without copying it.
    Sending send(const PreparedMessage& message);

    /// Sends the next part of a message, as a frame of its own (RFC 6455, section 5.4): the first
    /// call begins a message, of the type of its part, and the one with `Part::last` ends it. For
    /// messages that are not complete yet, or that should not be in memory as a whole. Parts are
    /// not compressed. Until the last, other messages (from wherever) are kept, within
    /// `max_backlog`, and leave behind it, in their order; control frames pass. A part that is
    /// dropped for want of room (never if each is awaited) may be sent again. `close` may stand in
    /// the middle: the peer then never sees the message, nor what was kept behind it.
    Sending send_part(Message part, Part which);

    /// Awaits the next message; nothing once the connection has ended (`close_status` says how).
    /// Only for coroutine routes and for connections made by `connect`. Once a message waits, or a
    /// part of one, and no `receive` is awaited, nothing more is read, so that backpressure
    /// reaches the peer (and its pings wait). One coroutine at a time may await it (or
    /// `receive_part`). Where it may not be awaited it gives nothing, at once, and the log says why
    /// (as an error).
    Receiving receive() noexcept { return Receiving(*session_); }

    /// Awaits the next part of a message as it arrives, and the first part of the next message
    /// after its last. As `receive` otherwise; but since nothing of the message is kept,
    /// `max_message_size` does not limit it. A `receive` in the middle gives the rest of the
    /// message (if that is within the limit).
    ReceivingPart receive_part() noexcept { return ReceivingPart(*session_); }

    /// From now on, what is published on `topic` is sent to this connection, until `unsubscribe` or
    /// its end. A topic has a name of 1 to 1024 bytes, any bytes, and exists as long as a
    /// connection is subscribed. False, and nothing changed: it is subscribed already, or to as
    /// many topics as it may be (`WebSocketOptions::max_subscriptions`); or this is a client's
    /// connection.
    bool subscribe(std::string_view topic);
    /// False where it was not subscribed. What was published before still arrives.
    bool unsubscribe(std::string_view topic);
    /// Sends a message to all that are subscribed to `topic`, on all loops of the server, except to
    /// this connection (which need not be subscribed itself). See Server::publish. What is
    /// published while one event is handled leaves as one write to each subscriber. `dropped`: not
    /// to those on other loops, since too much is on its way there; or this is a client's
    /// connection.
    SendStatus publish(std::string_view topic, const PreparedMessage& message);
    SendStatus publish(std::string_view topic, Message message) {
        return publish(topic, PreparedMessage(message));
    }
    SendStatus publish(std::string_view topic, std::string_view text) {
        return publish(topic, Message::text(text));
    }

    /// Sends a ping (RFC 6455, section 5.5.2) of at most 125 bytes; a longer payload is cut.
    void ping(std::string_view payload = {});

    /// Sends a ping when it is awaited, and awaits its answer: gives how long that took, or nothing
    /// when the connection ended first (or has no room for a ping). Where a coroutine reads the
    /// connection, no answer is seen while a message waits for it.
    Pinging ping_and_wait() noexcept { return Pinging(*session_); }

    /// Starts the closing handshake (RFC 6455, section 7.1.2). Messages that arrive from now on
    /// go to a `receive` that is being awaited already, and otherwise nowhere. A code that a close
    /// frame may not carry becomes 1000; a reason of more than 123 bytes is cut at a character.
    /// Does nothing if the connection is closing already.
    void close(CloseCode code = CloseCode::normal, std::string_view reason = {});

    /// Ends the connection at once, without a closing handshake, and without what was sent before
    /// and has not left; the peer sees 1006. Other than with `close`, where the peer's answer is
    /// awaited, the end comes within this call: `on_close` is called before it returns, and so goes
    /// on whatever awaits the connection.
    void terminate();

    [[nodiscard]] ReadyState ready_state() const noexcept;

    /// The subprotocol that was agreed on; empty where there is none.
    [[nodiscard]] std::string_view protocol() const noexcept;

    /// What both sides agreed on, as a server's answer says it: "permessage-deflate;
    /// server_no_context_takeover". Empty where there is nothing.
    [[nodiscard]] std::string extensions() const;

    /// How long the peer took to answer the latest ping of the connection's own (`ping_after`,
    /// `ping_every`, `ping_and_wait`; not of `ping`); nothing before the first answer.
    [[nodiscard]] std::optional<std::chrono::microseconds> round_trip() const noexcept;

    /// Bytes that were sent and that the operating system has not taken yet.
    [[nodiscard]] std::size_t buffered_amount() const noexcept;

    /// The peer's address: "192.0.2.7:54321", "[2001:db8::7]:54321" or "unix"; empty once the
    /// connection is closed.
    [[nodiscard]] std::string peer() const;

    /// How the connection ended; meaningful once `ready_state()` is `closed`.
    [[nodiscard]] CloseStatus close_status() const noexcept;

    /// Sets the user name in the access record of this connection (`Server::on_access`).
    void name_user(std::string_view user);

    /// A value that names this connection for any thread and any time.
    [[nodiscard]] Handle handle();

    /// The connection's own T: made (by `T()`) at the first call, gone with the connection. There
    /// may be one of each type. `on_upgrade` may have made it (`Upgrade::state`).
    template <class T>
    T& state() {
        return states().get<T>();
    }

    WebSocket(WebSocket&& other) noexcept;
    WebSocket& operator=(WebSocket&& other) noexcept;
    WebSocket(const WebSocket&) = delete;
    WebSocket& operator=(const WebSocket&) = delete;
    ~WebSocket();

private:
    friend class engine::WebSocketSession;
    explicit WebSocket(engine::WebSocketSession& session) noexcept : session_(&session) {}

    [[nodiscard]] detail::States& states();
    void release() noexcept;

    // Owned by this object, unless this is the one that handlers get a reference to.
    engine::WebSocketSession* session_;
};

}  // namespace longwire
