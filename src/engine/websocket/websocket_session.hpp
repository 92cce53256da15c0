#pragma once

#include "engine/http/access_entry.hpp"
#include "engine/loop_registry.hpp"
#include "engine/topics/subscriptions.hpp"
#include "engine/websocket/agreed_deflate.hpp"
#include "engine/websocket/intake.hpp"
#include "engine/websocket/kept_messages.hpp"
#include "engine/websocket/waiting_messages.hpp"
#include "engine/worker.hpp"
#include "net/session.hpp"
#include "net/stream.hpp"
#include "net/uptake.hpp"
#include "protocol/connection.hpp"
#include "protocol/deflate_parameters.hpp"

#include <longwire/connection_limits.hpp>
#include <longwire/request.hpp>
#include <longwire/server.hpp>
#include <longwire/websocket.hpp>

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace longwire::engine {

/// What a route or a client agreed to for its connections; shared by all connections of a route.
/// A session has one pointer to it, which it shares with its decoder: hence the base.
struct Terms : ConnectionLimits {
    WebSocketHandlers handlers = {};
    std::variant<std::monostate, WebSocketCoroutine, WebSocketRequestCoroutine> coroutine = {};
    SlowReader slow_reader = SlowReader::close;
    std::size_t max_subscriptions = 0;
};

/// What an endpoint of these terms wants of permessage-deflate.
[[nodiscard]] protocol::DeflateWishes wishes_of(const Terms& terms) noexcept;

/// A WebSocket connection on its stream: joins the protocol's states to the socket, and hands what
/// comes to handlers or to a coroutine.
class WebSocketSession final : public net::Session {
public:
    /// `protocol` must live as long as the session, as `terms` must, unless `owned` keeps both.
    WebSocketSession(Worker& worker, protocol::Role role, const Terms& terms,
                     std::string_view protocol, std::shared_ptr<const void> owned = {});

    /// Both sides agreed to compress. To be called before the first byte comes.
    void compress(const protocol::DeflateParameters& agreed);

    /// Tells the session which stream carries it. The handshake is over.
    void attach(net::Stream& stream);
    /// Server: calls on_open or starts the route's coroutine.
    void open(Request request);
    /// Client: messages wait for `receive`, and the WebSocket that is given owns the connection.
    [[nodiscard]] WebSocket converse();

    /// Counts what happens here for the access log.
    void keep(std::unique_ptr<AccessEntry> access);
    void name_user(std::string_view user);

    [[nodiscard]] WebSocket& facade() noexcept { return facade_; }
    [[nodiscard]] const Terms& terms() const noexcept {
        return static_cast<const Terms&>(connection_.limits());
    }

    // net::Session
    void on_receive(std::span<std::byte> bytes) override;
    void on_end() override;
    void on_drained() override;
    void on_timer() override;
    void on_leaving() override;
    void on_closed(net::Ending ending) override;

    // What WebSocket, and what it gives to be awaited, stand for.
    /// Only WebSocket::send has this, which it is a part of: what comes back lies in memory, and
    /// would be handed on from call to call.
    [[gnu::always_inline]] inline Sending send(Message message);
    Sending send(const PreparedMessage& message);
    bool subscribe(std::string_view topic);
    bool unsubscribe(std::string_view topic);
    SendStatus publish(std::string_view topic, const PreparedMessage& message);
    [[nodiscard]] static WebSocketSession& of(WebSocket& socket) noexcept {
        return *socket.session_;
    }
    void ping(std::string_view payload);
    void close(CloseCode code, std::string_view reason);
    void terminate();
    [[nodiscard]] ReadyState ready_state() const noexcept;
    [[nodiscard]] std::string_view protocol() const noexcept;
    [[nodiscard]] std::string extensions() const;
    [[nodiscard]] std::optional<std::chrono::microseconds> round_trip() const noexcept {
        if (latest_round_trip_ == 0) return std::nullopt;
        return std::chrono::microseconds(latest_round_trip_);
    }
    [[nodiscard]] std::size_t buffered_amount() const noexcept;
    [[nodiscard]] std::size_t unacknowledged() const noexcept;
    /// What is on its way now; for `wait_for`, which looks at it again.
    [[nodiscard]] net::Uptake uptake() const noexcept {
        return stream_ == nullptr ? net::Uptake() : net::Uptake(*stream_);
    }
    [[nodiscard]] std::optional<std::chrono::milliseconds> wait_for(
        net::Uptake& uptake, std::chrono::milliseconds patience) const noexcept {
        return stream_ == nullptr ? std::nullopt : uptake.wait(*stream_, patience);
    }
    /// What is on its way now is watched, for who asks `takes` whether some of it has arrived since
    /// it last had.
    void watch_uptake();
    [[nodiscard]] bool takes() noexcept;
    [[nodiscard]] std::string peer() const;
    [[nodiscard]] CloseStatus close_status() const noexcept;
    [[nodiscard]] Handle handle();
    /// What the program keeps with the connection.
    [[nodiscard]] detail::States& states();
    Sending send_part(Message part, Part which);
    [[nodiscard]] bool room_to_send(const Sending& sending) const noexcept;
    void await_room(Sending& sending, std::coroutine_handle<> awaiter) noexcept;
    void forget_sender(const Sending& sending) noexcept;
    /// False, and the log says why, where nobody could be given what comes.
    [[nodiscard]] bool may_receive() const noexcept;
    /// Whether a receive goes on at once: because what it wants is there, or never comes.
    [[nodiscard]] bool ready_to_give(Intake::Wanted wanted);
    void await_receipt(std::coroutine_handle<> receiver) noexcept;
    void forget_receiver() noexcept;
    [[nodiscard]] std::optional<Message> take_message() noexcept;
    [[nodiscard]] std::optional<MessagePart> take_part();
    /// Sends a ping of our own, if there is room for it. False: there is no answer to wait for.
    bool ask_peer();
    void await_pong(Pinging& pinging, std::coroutine_handle<> awaiter) noexcept;
    void forget_pinger(const Pinging& pinging) noexcept;

    // What topics do.
    [[nodiscard]] Subscriptions* subscriptions() const noexcept;
    void forget_subscriptions() noexcept;
    void deliver(const PreparedMessage& message, const Topic& topic);
    /// Takes all that was published from this number on, if the session need not look at each
    /// message.
    [[nodiscard]] bool deliver_all(Topic& topic, std::uint32_t from);

    /// Calls a function of the user's; if it throws, the log says so and this connection is closed
    /// with 1011.
    template <class Function>
    [[gnu::always_inline]] void guard(std::string_view what, Function&& function) noexcept;

private:
    ~WebSocketSession() override;

    // What the protocol's Connection calls.
    struct Events;
    struct HandlerEvents;
    struct CoroutineEvents;
    struct Conversation;  // what a coroutine needs beyond a callback
    struct Arrivals;      // what has come for it
    struct Particulars;   // what only some connections have, or only some of the time

    // Up to this much may wait to be sent, whatever the size of the message that comes on top.
    static constexpr std::size_t always_admitted = std::size_t{64} * 1024;

    [[nodiscard]] Task<> route(Request request);
    void report_throw(std::string_view what) noexcept;
    /// Where the message cannot be put at once where it leaves from.
    [[gnu::noinline]] Sending send_otherwise(Message message);
    [[nodiscard]] bool can_send() const noexcept;
    [[nodiscard]] bool admit(std::size_t size, SlowReader policy);
    void overflow(SlowReader policy, std::string_view why);
    /// Closes without what has yet to be sent.
    void close_as_it_is(CloseCode code, std::string_view reason);
    [[nodiscard]] bool has_to_wait(SlowReader policy) const noexcept;
    SendStatus wait_with(std::size_t size, SlowReader policy,
                         const std::function<void(WaitingMessages&)>& add);
    void send_waiting(std::size_t most);
    SendStatus send_prepared(const PreparedMessage& message, WaitingMessages::Subject subject,
                             SlowReader policy);
    void catch_up_with_topics();
    void transmit(Message message);
    void transmit(const PreparedMessage& message);
    Sending keep(std::size_t size, const std::function<void(KeptMessages&)>& keep);
    [[nodiscard]] bool may_keep(std::size_t size);
    void send_kept();
    [[nodiscard]] bool waits_behind_message(const Sending& sending) const noexcept;
    [[nodiscard]] SendStatus status_of_sent() const noexcept;
    void protocol_closed(CloseCode code, std::string_view reason, bool clean);
    void protocol_done();
    [[nodiscard]] bool wants_input() const noexcept;
    [[nodiscard]] std::expected<protocol::Flow, const protocol::Failure*> take_in(
        MessageType type, std::span<const std::byte> bytes, Part part,
        protocol::Compression* compression);
    [[nodiscard]] std::uint64_t room_for_message(bool compressed) const noexcept;
    [[nodiscard]] bool find_in_intake();
    [[nodiscard]] bool announces_too_much() const noexcept;
    [[nodiscard]] bool take() noexcept;
    void decode_held();
    void receive_for_coroutine(std::span<std::byte> bytes);
    void resume_receiver();
    void resume_senders(SendStatus status);
    void resume_pingers();
    [[nodiscard]] std::chrono::milliseconds time_to_ping() const noexcept;
    [[nodiscard]] std::chrono::milliseconds time_to_look() const noexcept;
    void look_at_uptake();
    bool send_own_ping();
    void await_close_frame() noexcept;
    void arm_timer();
    void discount_pause() noexcept;
    void watch_frame(std::size_t received);
    [[nodiscard]] std::chrono::milliseconds frame_time_left() const noexcept;
    void count_control_frame();
    [[nodiscard]] bool admits_control_frame(std::size_t size);
    void take_pong(std::span<const std::byte> payload);
    void count_held();
    [[nodiscard]] std::size_t held_now() const noexcept;
    Conversation& need_conversation();
    Particulars& need_particulars();
    /// Lets go of what is of no use any more; nobody up the stack may be using it.
    void tidy() noexcept;
    [[nodiscard]] AccessEntry* access() const noexcept;  // null: nobody wants to know
    [[nodiscard]] KeptMessages* kept() const noexcept;
    [[nodiscard]] WaitingMessages* waiting() const noexcept;
    [[nodiscard]] Conversation* conversation() const noexcept;
    [[nodiscard]] protocol::Compression* dedicated() const noexcept;
    [[nodiscard]] std::chrono::milliseconds silence() const noexcept;
    Arrivals& need_arrivals();
    void give_memory_back() noexcept;

    // There may be a million of these, most of them idle.
    std::uint32_t last_heard_;  // in milliseconds of the loop
    Worker& worker_;
    net::Stream* stream_ = nullptr;
    protocol::Connection connection_;  // its limits are the terms
    WebSocket facade_;
    std::unique_ptr<Particulars> particulars_;
    std::uint32_t latest_round_trip_ = 0;  // in microseconds; 0: none
    AgreedDeflate deflate_;
    bool pinged_ : 1 = false;
    bool looked_ : 1 = false;    // in this silence, at what is on its way
    bool answered_ : 1 = false;  // there are pingers to be told
    bool failed_ : 1 = false;
    bool finished_ : 1 = false;
};

template <class Function>
inline void WebSocketSession::guard(std::string_view what, Function&& function) noexcept {
    try {
        function();
    } catch (...) {
        report_throw(what);
    }
}

}  // namespace longwire::engine
