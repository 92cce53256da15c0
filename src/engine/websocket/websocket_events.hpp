#pragma once

#include "engine/websocket/intake.hpp"
#include "engine/websocket/websocket_session.hpp"

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::engine {

/// What a connection keeps of what came for a coroutine; gone while that waits for more.
struct WebSocketSession::Arrivals {
    explicit Arrivals(const Terms& terms) noexcept : intake(terms.max_message_size) {}

    Intake intake;
    std::vector<std::byte> held;  // input that waits to be decoded
    std::size_t held_decoded = 0;
    net::Loop::Clock::time_point paused;  // when reading was; nothing while it goes on
};

/// What a connection has beyond a callback's when a coroutine reads it: who waits for what, what
/// has come, and how it ended.
struct WebSocketSession::Conversation {
    std::coroutine_handle<> receiver;
    std::unique_ptr<Arrivals> arrivals;
    std::unique_ptr<const std::string> reason;
    CloseCode code = CloseCode::abnormal_closure;
    Intake::Wanted wanted = Intake::Wanted::message;
    bool awaited = false;   // from the question whether there is something until it is taken
    bool waits = false;     // something is to be taken, and nothing more is decoded
    bool found = false;     // what is wanted is there
    bool deaf = false;      // nobody listens any more
    bool decoding = false;  // more may be found at once
    bool clean = false;
};

/// The handler that the protocol's Connection calls.
struct WebSocketSession::Events {
    WebSocketSession& session;

    void write(std::span<const std::byte> head, std::span<const std::byte> payload) const {
        if (session.stream_ == nullptr) return;
        if (AccessEntry* const entry = session.access())
            entry->add_sent(head.size() + payload.size());
        session.stream_->write(head, payload);
    }

    [[nodiscard]] std::byte* place(std::size_t size) const noexcept {
        return session.stream_ == nullptr ? nullptr : session.stream_->place(size);
    }

    // Pongs are not asked of `admit`: they end a peer that sends pings and reads nothing.
    void on_ping(std::span<const std::byte> payload) const {
        if (session.admits_control_frame(payload.size()))
            session.count_control_frame();
        else
            session.terminate();
    }
    void on_pong(std::span<const std::byte> payload) const { session.take_pong(payload); }

    void on_closed(CloseCode code, std::string_view reason, bool clean) const {
        session.protocol_closed(code, reason, clean);
    }

    void shutdown_write() const { session.protocol_done(); }
};

/// The same where handlers of the program take the messages.
struct WebSocketSession::HandlerEvents : Events {
    protocol::Flow on_message(MessageType type, std::span<std::byte> payload) const {
        WebSocketSession& its = session;
        its.worker_.tally().add_received(payload.size());
        if (AccessEntry* const entry = its.access()) entry->add_message_received();
        const auto& handler = its.terms().handlers.on_message;
        if (handler && its.connection_.state() == ReadyState::open) [[likely]]
            its.guard("on_message", [&] { handler(its.facade_, Message(type, payload)); });
        return protocol::Flow::proceed;
    }
};

/// The same where a coroutine does.
struct WebSocketSession::CoroutineEvents : Events {
    std::expected<protocol::Flow, const protocol::Failure*> on_part(
        MessageType type, std::span<const std::byte> bytes, bool last, bool compressed) const {
        if (last) session.worker_.tally().add(Tally::messages_received);
        session.worker_.tally().add(Tally::bytes_received, bytes.size());
        if (AccessEntry* const entry = session.access(); entry != nullptr && last)
            entry->add_message_received();
        return session.take_in(type, bytes, last ? Part::last : Part::more,
                               compressed ? session.connection_.compression() : nullptr);
    }
    [[nodiscard]] std::uint64_t room(bool compressed) const {
        return session.room_for_message(compressed);
    }
};

}  // namespace longwire::engine
