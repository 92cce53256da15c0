#include "engine/log.hpp"
#include "engine/websocket/websocket_particulars.hpp"

#include <limits>
#include <utility>

namespace longwire::engine {

void WebSocketSession::on_receive(std::span<std::byte> bytes) {
    last_heard_ = worker_.loop().milliseconds();
    if (AccessEntry* const entry = access()) entry->add_received(bytes.size());
    if (pinged_) {
        // The next ping comes a while after the answer to this one.
        pinged_ = looked_ = false;
        if (particulars_) particulars_->uptake = {};
        if (stream_ != nullptr && connection_.state() == ReadyState::open) arm_timer();
    }
    if (conversation() != nullptr) {
        receive_for_coroutine(bytes);
    } else {
        HandlerEvents events{*this};
        connection_.receive(bytes, events);
        if (!particulars_ && connection_.holds_nothing()) return;
    }
    watch_frame(bytes.size());
    count_held();
    if (answered_) resume_pingers();
    tidy();
}

std::size_t WebSocketSession::held_now() const noexcept {
    std::size_t held =
        connection_.held() + (kept() ? kept()->bytes() : 0) + (waiting() ? waiting()->bytes() : 0);
    if (const Conversation* const its = conversation(); its != nullptr && its->arrivals)
        held += its->arrivals->intake.held() + its->arrivals->held.capacity();
    return held;
}

void WebSocketSession::count_held() {
    const std::size_t now = finished_ ? 0 : held_now();
    if (!particulars_ && now == 0) return;
    if (need_particulars().held.count(worker_.loop(), now)) return;
    log(LogLevel::warning,
        "closed a connection whose message is not whole: all connections "
        "together keep more than the server's max_memory");
    close(CloseCode::try_again_later, "the server is short of memory");
}

// ---- in a coroutine -----------------------------------------------------------------------------

void WebSocketSession::receive_for_coroutine(std::span<std::byte> bytes) {
    CoroutineEvents events{*this};
    Conversation& conversation = *particulars_->conversation;
    conversation.decoding = true;
    while (!bytes.empty() && wants_input()) {
        bytes = bytes.subspan(connection_.receive(bytes, events));
        if (conversation.found) resume_receiver();
    }
    conversation.decoding = false;
    if (wants_input() || stream_ == nullptr) {
        if (conversation.receiver) give_memory_back();
        return;
    }
    // Something waits, and the coroutine is busy: what follows stays here, and what follows that
    // with the peer, until it is taken. Up to then pings are answered and a close is seen.
    Arrivals& arrivals = need_arrivals();
    arrivals.held.assign(bytes.begin(), bytes.end());
    arrivals.held_decoded = 0;
    arrivals.paused = worker_.loop().now();
    stream_->pause_reading();
}

bool WebSocketSession::wants_input() const noexcept {
    return !conversation()->waits || connection_.state() != ReadyState::open;
}

WebSocketSession::Arrivals& WebSocketSession::need_arrivals() {
    auto& arrivals = conversation()->arrivals;
    if (!arrivals) arrivals = std::make_unique<Arrivals>(terms());
    return *arrivals;
}

/// A coroutine waits, and needs what it took no more.
void WebSocketSession::give_memory_back() noexcept {
    auto& arrivals = conversation()->arrivals;
    if (arrivals && arrivals->held.empty() && !arrivals->intake.begun()) arrivals.reset();
}

std::expected<protocol::Flow, const protocol::Failure*> WebSocketSession::take_in(
    MessageType type, std::span<const std::byte> bytes, Part part,
    protocol::Compression* compression) {
    Conversation& conversation = *particulars_->conversation;
    const bool closing = connection_.state() != ReadyState::open;
    // What comes after our close frame is for a receive that awaits it already.
    if (conversation.deaf || (closing && !conversation.awaited)) {
        if (!std::exchange(conversation.deaf, true) && conversation.arrivals)
            conversation.arrivals->intake.drop_unfinished();
        return protocol::Flow::proceed;
    }
    Intake& intake = need_arrivals().intake;
    intake.add(type, bytes, part, compression);
    if (!conversation.awaited) {
        conversation.waits = true;
        return protocol::Flow::pause;
    }
    const auto ready = intake.ready(conversation.wanted);
    if (!ready) {
        conversation.deaf = true;
        return std::unexpected(ready.error());
    }
    conversation.waits = conversation.found = *ready;
    return *ready ? protocol::Flow::pause : protocol::Flow::proceed;
}

std::uint64_t WebSocketSession::room_for_message(bool compressed) const noexcept {
    if (!conversation()->awaited || conversation()->wanted == Intake::Wanted::part)
        return std::numeric_limits<std::uint64_t>::max();
    const auto& arrivals = conversation()->arrivals;
    return arrivals ? arrivals->intake.room(compressed)
                    : Intake(terms().max_message_size).room(compressed);
}

void WebSocketSession::decode_held() {
    Conversation& conversation = *particulars_->conversation;
    if (!conversation.arrivals) return;
    CoroutineEvents events{*this};
    Arrivals& arrivals = *conversation.arrivals;
    while (wants_input() && arrivals.held_decoded < arrivals.held.size()) {
        const auto rest = std::span(arrivals.held).subspan(arrivals.held_decoded);
        arrivals.held_decoded += connection_.receive(rest, events);
    }
    if (arrivals.held_decoded == arrivals.held.size()) {
        arrivals.held = std::vector<std::byte>();
        arrivals.held_decoded = 0;
    }
    // Not now: whoever asks is not to be overtaken by others that go on.
    if (answered_)
        worker_.loop().post([self = net::Ref<WebSocketSession>(this)] { self->resume_pingers(); });
}

bool WebSocketSession::may_receive() const noexcept {
    if (!conversation()) {
        log(LogLevel::error,
            "receive was awaited on a connection of a route with handlers: its messages go to "
            "on_message; give the route a coroutine to receive them there");
        return false;
    }
    if (!conversation()->receiver) return true;
    log(LogLevel::error,
        "receive was awaited on a connection on which another coroutine awaits it already: one at "
        "a time may; this one gets nothing");
    return false;
}

bool WebSocketSession::ready_to_give(Intake::Wanted wanted) {
    conversation()->awaited = true;
    conversation()->wanted = wanted;
    if (!find_in_intake()) return true;
    if (!conversation()->waits) decode_held();
    if (conversation()->found || ready_state() == ReadyState::closed || stream_ == nullptr)
        return true;
    discount_pause();
    if (conversation()->arrivals) conversation()->arrivals->paused = {};
    stream_->resume_reading();
    return false;
}

/// Looks for what is wanted in what came before. False where that breaks a rule.
bool WebSocketSession::find_in_intake() {
    Conversation& conversation = *particulars_->conversation;
    conversation.waits = conversation.found = false;
    if (!conversation.arrivals) return true;
    Intake& intake = conversation.arrivals->intake;
    intake.let_go();
    const auto ready = intake.ready(conversation.wanted);
    if (ready && (*ready || !announces_too_much())) {
        conversation.waits = conversation.found = *ready;
        return true;
    }
    conversation.deaf = true;
    Events events{*this};
    connection_.fail(ready ? protocol::broken_rule::too_big : *ready.error(), events);
    return false;
}

/// Whether a frame began, while nobody asked for a whole message, that has no room in one.
bool WebSocketSession::announces_too_much() const noexcept {
    const auto frame = connection_.unfinished_frame();
    return frame && frame->missing_payload > room_for_message(frame->compressed);
}

void WebSocketSession::await_receipt(std::coroutine_handle<> receiver) noexcept {
    conversation()->receiver = receiver;
    if (!conversation()->decoding) give_memory_back();
}

void WebSocketSession::forget_receiver() noexcept {
    conversation()->receiver = {};
    conversation()->awaited = false;
}

std::optional<Message> WebSocketSession::take_message() noexcept {
    if (!take()) return std::nullopt;
    const Message message = conversation()->arrivals->intake.take_message();
    conversation()->waits = false;
    return message;
}

std::optional<MessagePart> WebSocketSession::take_part() {
    if (!take()) return std::nullopt;
    const MessagePart part = conversation()->arrivals->intake.take_part();
    conversation()->waits = conversation()->arrivals->intake.holds_something();
    return part;
}

bool WebSocketSession::take() noexcept {
    if (!conversation()) return false;
    conversation()->awaited = false;
    return std::exchange(conversation()->found, false);
}

void WebSocketSession::resume_receiver() {
    const net::Ref<WebSocketSession> self(this);
    if (const auto receiver = std::exchange(conversation()->receiver, {})) receiver.resume();
}

}  // namespace longwire::engine
