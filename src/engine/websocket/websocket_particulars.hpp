#pragma once

#include "engine/http/access_entry.hpp"
#include "engine/websocket/control_frame_rate.hpp"
#include "engine/websocket/round_trip.hpp"
#include "engine/websocket/waiter_queue.hpp"
#include "engine/websocket/websocket_events.hpp"
#include "engine/websocket/websocket_session.hpp"
#include "net/held_memory.hpp"
#include "net/uptake.hpp"

#include <memory>
#include <string_view>

namespace longwire::engine {

/// What a connection has of its own that an idle one of a handler has not.
struct WebSocketSession::Particulars {
    WaiterQueue senders;
    WaiterQueue pingers;
    std::unique_ptr<KeptMessages> kept;  // while a message that is sent in parts is unfinished
    std::unique_ptr<WaitingMessages> waiting;  // for a slow peer, and may be dropped
    std::unique_ptr<Subscriptions> subscriptions;
    std::unique_ptr<Conversation> conversation;
    detail::States states;
    std::unique_ptr<AccessEntry> access;
    std::shared_ptr<const void> owned;
    std::unique_ptr<protocol::Compression> dedicated;
    std::string_view protocol;
    net::Loop::Clock::time_point frame_began;
    net::HeldMemory held;
    RoundTrip round_trip;
    LoopEntry::Name name;
    ControlFrameRate control_frames;
    net::Uptake uptake;              // of what was on its way when the peer was to say something
    net::Uptake watched;             // the same, for somebody else
    std::size_t unacknowledged = 0;  // when the stream ended
    std::size_t control_bytes_beyond = 0;  // since the backlog was empty, while it was too full
    bool named = false;

    /// Whether all of it is as if it had just been made. Where pings are sent at an interval, when
    /// the latest was matters for good.
    [[nodiscard]] bool nothing(net::Loop::Clock::time_point now) const noexcept {
        return !conversation && !subscriptions && senders.empty() && pingers.empty() && !kept &&
               !waiting && states.empty() && !access && !owned && !dedicated && protocol.empty() &&
               held.nothing() && !named && !uptake.under_way() && !watched.under_way() &&
               !round_trip.unanswered() && control_frames.quiet(now);
    }
};

inline AccessEntry* WebSocketSession::access() const noexcept {
    return particulars_ ? particulars_->access.get() : nullptr;
}
inline KeptMessages* WebSocketSession::kept() const noexcept {
    return particulars_ ? particulars_->kept.get() : nullptr;
}
inline WaitingMessages* WebSocketSession::waiting() const noexcept {
    return particulars_ ? particulars_->waiting.get() : nullptr;
}
inline Subscriptions* WebSocketSession::subscriptions() const noexcept {
    return particulars_ ? particulars_->subscriptions.get() : nullptr;
}
inline WebSocketSession::Conversation* WebSocketSession::conversation() const noexcept {
    return particulars_ ? particulars_->conversation.get() : nullptr;
}
inline protocol::Compression* WebSocketSession::dedicated() const noexcept {
    return particulars_ ? particulars_->dedicated.get() : nullptr;
}

}  // namespace longwire::engine
