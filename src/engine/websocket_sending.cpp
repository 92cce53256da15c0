#include "engine/kept_messages.hpp"
#include "engine/log.hpp"
#include "engine/prepared_frame.hpp"
#include "engine/websocket_events.hpp"
#include "engine/websocket_session.hpp"

#include <limits>
#include <utility>

namespace longwire::engine {

bool WebSocketSession::can_send() const noexcept {
    return stream_ != nullptr && !stream_->broken() && connection_.state() == ReadyState::open;
}

bool WebSocketSession::admit(std::size_t size, SlowReader policy) {
    if (!can_send()) return false;
    const auto fits = [&] {
        const std::size_t waiting = stream_->backlog();
        if (waiting > 0 && worker_.loop().too_much_for_one(waiting)) return false;
        return waiting <= always_admitted || waiting + size <= terms_.max_backlog;
    };
    if (fits()) return true;
    stream_->push();
    if (fits()) return true;
    overflow(policy, "reads too slowly");
    return false;
}

void WebSocketSession::overflow(SlowReader policy, std::string_view why) {
    if (policy != SlowReader::close) return;
    log(LogLevel::debug, "closed a connection whose backlog is full: " + std::string(why));
    close(CloseCode::policy_violation, why);
}

SendStatus WebSocketSession::status_of_sent() const noexcept {
    return stream_ != nullptr && stream_->congested() ? SendStatus::buffered : SendStatus::sent;
}

Sending WebSocketSession::send(Message message) {
    if (subscriptions_) catch_up_with_topics();
    if (Events events{*this};
        !kept_ && !waiting_ && connection_.place(message.type(), message.bytes(), events))
        return {*this, SendStatus::sent};
    if (kept_) return keep(message.size(), [&] { kept_->keep(message); });
    const SlowReader policy = terms_.slow_reader;
    if (has_to_wait(policy))
        return {*this, wait_with(message.size(), policy, [&](WaitingMessages& waiting) {
                    waiting.add(message, nullptr, policy);
                })};
    // What is only gathered waits for nobody.
    const bool gathers =
        stream_ != nullptr && stream_->gathers() && connection_.state() == ReadyState::open;
    if (!gathers && !admit(message.size(), policy)) return {*this, SendStatus::dropped};
    transmit(message);
    return {*this, status_of_sent()};
}

Sending WebSocketSession::send(const PreparedMessage& message) {
    if (subscriptions_) catch_up_with_topics();
    const std::size_t size = message.frame_->bytes.size();
    if (kept_) return keep(size, [&] { kept_->keep(message, size); });
    return {*this, send_prepared(message, nullptr, terms_.slow_reader)};
}

SendStatus WebSocketSession::send_prepared(const PreparedMessage& message,
                                           WaitingMessages::Subject subject, SlowReader policy) {
    const std::size_t size = message.frame_->bytes.size();
    if (has_to_wait(policy))
        return wait_with(size, policy, [&](WaitingMessages& waiting) {
            waiting.add(message, size, subject, policy);
        });
    if (!admit(size, policy)) return SendStatus::dropped;
    transmit(message);
    return status_of_sent();
}

void WebSocketSession::transmit(Message message) {
    Events events{*this};
    connection_.send(message.type(), message.bytes(), events);
}

void WebSocketSession::transmit(const PreparedMessage& message) {
    const PreparedMessage::Frame& frame = *message.frame_;
    std::span<const std::byte> bytes(frame.bytes);
    // Every frame of a client needs a mask of its own; and with a context of its own, this
    // connection's frame is like no other's.
    if (connection_.role() == protocol::Role::client || dedicated_)
        return transmit(Message(frame.type, bytes.subspan(frame.header_size)));
    bytes = frame.bytes_for(connection_.compression());
    // Below this, counting references costs more than copying.
    constexpr std::size_t worth_sharing = 2048;
    if (bytes.size() < worth_sharing)
        stream_->write(bytes);
    else
        stream_->write_shared(message.frame_, bytes);
}

// ---- in parts -----------------------------------------------------------------------------------

Sending WebSocketSession::send_part(Message part, Part which) {
    const bool first = kept_ == nullptr;
    const bool last = which == Part::last;
    if (first && last) return send(part);
    if (first && subscriptions_) catch_up_with_topics();
    if (first && waiting_) send_waiting(std::numeric_limits<std::size_t>::max());
    if (!admit(part.size(), terms_.slow_reader)) return {*this, SendStatus::dropped};
    if (first) kept_ = std::make_unique<KeptMessages>();
    Events events{*this};
    connection_.send_part(part.type(), part.bytes(), {.first = first, .last = last}, events);
    if (last) send_kept();
    return {*this, status_of_sent()};
}

bool WebSocketSession::may_keep(std::size_t size) {
    if (!can_send()) return false;
    if (kept_->bytes() <= always_admitted ||
        stream_->backlog() + kept_->bytes() + size <= terms_.max_backlog)
        return true;
    overflow(terms_.slow_reader, "too much waits behind an unfinished message");
    return false;
}

void WebSocketSession::send_kept() {
    const auto kept = std::exchange(kept_, nullptr);
    if (kept == nullptr) return;
    // They were admitted when they were given.
    kept->send_all([this](const auto& message) {
        if (can_send()) transmit(message);
    });
    if (!senders_.empty() && stream_ != nullptr) stream_->tell_when_drained();
}

// ---- awaiting room ------------------------------------------------------------------------------

bool WebSocketSession::room_to_send(const Sending& sending) const noexcept {
    if (stream_ == nullptr || connection_.state() != ReadyState::open) return true;
    if (waits_behind_message(sending) || waiting_) return false;
    return !stream_->congested() && stream_->backlog() <= always_admitted;
}

bool WebSocketSession::waits_behind_message(const Sending& sending) const noexcept {
    return sending.behind_ == Sending::Behind::unfinished_message && kept_ &&
           kept_->bytes() > always_admitted;
}

void WebSocketSession::await_room(Sending& sending, std::coroutine_handle<> awaiter) noexcept {
    senders_.add(sending, awaiter);
    stream_->tell_when_drained();
}

void WebSocketSession::forget_sender(const Sending& sending) noexcept {
    senders_.forget(sending);
}

void WebSocketSession::resume_senders(SendStatus status) {
    const net::Ref<WebSocketSession> self(this);
    senders_.resume<Sending>([&](Sending& sending) {
        if (status == SendStatus::sent && waits_behind_message(sending)) return false;
        sending.status_ = status;
        return true;
    });
}

}  // namespace longwire::engine
