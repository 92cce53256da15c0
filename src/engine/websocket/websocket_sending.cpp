#include "engine/log.hpp"
#include "engine/topics/prepared_frame.hpp"
#include "engine/websocket/kept_messages.hpp"
#include "engine/websocket/websocket_particulars.hpp"

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
        return waiting <= always_admitted || waiting + size <= terms().max_backlog;
    };
    if (fits()) return true;
    stream_->push();
    if (fits()) return true;
    overflow(policy, "reads too slowly");
    return false;
}

void WebSocketSession::overflow(SlowReader policy, std::string_view why) {
    worker_.tally().add_drops(policy, 1);
    if (policy != SlowReader::close) return;
    log(LogLevel::debug, "closed a connection whose backlog is full: " + std::string(why));
    // (What is due has no room either; and giving it would end here again, for each message.)
    close_as_it_is(CloseCode::policy_violation, why);
}

SendStatus WebSocketSession::status_of_sent() const noexcept {
    return stream_ != nullptr && stream_->congested() ? SendStatus::buffered : SendStatus::sent;
}

inline Sending WebSocketSession::send(Message message) {
    if (subscriptions()) catch_up_with_topics();
    const bool others_first = particulars_ && (kept() || waiting());
    if (Events events{*this};
        !others_first && connection_.place(message.type(), message.bytes(), events)) {
        if (AccessEntry* const entry = access()) {
            entry->add_messages_sent(1);
            entry->add_sent(message.size() + (message.size() <= 125 ? 2 : 4));
        }
        return {*this, SendStatus::sent};
    }
    return send_otherwise(message);
}

Sending WebSocketSession::send_otherwise(Message message) {
    if (kept()) return keep(message.size(), [&](KeptMessages& kept) { kept.keep(message); });
    const SlowReader policy = terms().slow_reader;
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
    if (subscriptions()) catch_up_with_topics();
    const std::size_t size = message.frame_->bytes.size();
    if (kept()) return keep(size, [&](KeptMessages& kept) { kept.keep(message, size); });
    return {*this, send_prepared(message, nullptr, terms().slow_reader)};
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
    if (AccessEntry* const entry = access()) entry->add_messages_sent(1);
    Events events{*this};
    connection_.send(message.type(), message.bytes(), events);
}

void WebSocketSession::transmit(const PreparedMessage& message) {
    const PreparedMessage::Frame& frame = *message.frame_;
    std::span<const std::byte> bytes(frame.bytes);
    // Every frame of a client needs a mask of its own; and with a context of its own, this
    // connection's frame is like no other's.
    if (connection_.role() == protocol::Role::client || dedicated())
        return transmit(Message(frame.type, bytes.subspan(frame.header_size)));
    bytes = frame.bytes_for(connection_.compression());
    if (AccessEntry* const entry = access()) {
        entry->add_messages_sent(1);
        entry->add_sent(bytes.size());
    }
    // Below this, counting references costs more than copying.
    constexpr std::size_t worth_sharing = 2048;
    if (bytes.size() < worth_sharing)
        stream_->write(bytes);
    else
        stream_->write_shared(message.frame_, bytes);
}

// ---- in parts -----------------------------------------------------------------------------------

Sending WebSocketSession::send_part(Message part, Part which) {
    const bool first = kept() == nullptr;
    const bool last = which == Part::last;
    if (first && last) return send(part);
    if (first && subscriptions()) catch_up_with_topics();
    if (first && waiting()) send_waiting(std::numeric_limits<std::size_t>::max());
    if (!admit(part.size(), terms().slow_reader)) return {*this, SendStatus::dropped};
    if (first) need_particulars().kept = std::make_unique<KeptMessages>();
    Events events{*this};
    connection_.send_part(part.type(), part.bytes(), {.first = first, .last = last}, events);
    if (AccessEntry* const entry = access(); entry != nullptr && last) entry->add_messages_sent(1);
    if (last) send_kept();
    return {*this, status_of_sent()};
}

bool WebSocketSession::may_keep(std::size_t size) {
    if (!can_send()) return false;
    if (kept()->bytes() <= always_admitted ||
        stream_->backlog() + kept()->bytes() + size <= terms().max_backlog)
        return true;
    overflow(terms().slow_reader, "too much waits behind an unfinished message");
    return false;
}

/// Keeps a message behind one that is sent in parts and is not whole yet.
Sending WebSocketSession::keep(std::size_t size, const std::function<void(KeptMessages&)>& keep) {
    if (!may_keep(size)) return {*this, SendStatus::dropped};
    keep(*kept());
    count_held();
    if (!kept()) return {*this, SendStatus::dropped};
    return {*this, SendStatus::buffered, Sending::Behind::unfinished_message};
}

void WebSocketSession::send_kept() {
    if (kept() == nullptr) return;
    const auto kept = std::exchange(particulars_->kept, nullptr);
    // They were admitted when they were given.
    kept->send_all([this](const auto& message) {
        if (can_send()) transmit(message);
    });
    if (!particulars_->senders.empty() && stream_ != nullptr) stream_->tell_when_drained();
}

// ---- awaiting room ------------------------------------------------------------------------------

bool WebSocketSession::room_to_send(const Sending& sending) const noexcept {
    if (stream_ == nullptr || connection_.state() != ReadyState::open) return true;
    if (waits_behind_message(sending) || waiting()) return false;
    return !stream_->congested() && stream_->backlog() <= always_admitted;
}

bool WebSocketSession::waits_behind_message(const Sending& sending) const noexcept {
    return sending.behind_ == Sending::Behind::unfinished_message && kept() &&
           kept()->bytes() > always_admitted;
}

void WebSocketSession::await_room(Sending& sending, std::coroutine_handle<> awaiter) noexcept {
    need_particulars().senders.add(sending, awaiter);
    stream_->tell_when_drained();
}

void WebSocketSession::forget_sender(const Sending& sending) noexcept {
    if (particulars_) particulars_->senders.forget(sending);
}

void WebSocketSession::resume_senders(SendStatus status) {
    if (!particulars_) return;
    const net::Ref<WebSocketSession> self(this);
    particulars_->senders.resume<Sending>([&](Sending& sending) {
        if (status == SendStatus::sent && waits_behind_message(sending)) return false;
        sending.status_ = status;
        return true;
    });
}

}  // namespace longwire::engine

namespace longwire {

Sending WebSocket::send(Message message) {
    return session_->send(message);
}

}  // namespace longwire
