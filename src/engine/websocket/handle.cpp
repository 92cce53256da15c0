#include "engine/loop_registry.hpp"
#include "engine/topics/prepared_frame.hpp"
#include "engine/websocket/websocket_session.hpp"
#include "engine/worker.hpp"

#include <longwire/websocket.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>

namespace longwire {

namespace {

/// Calls `use` with the entry of the loop that has this number. False where that is gone.
template <class Use>
bool with_entry(std::uint32_t number, Use&& use) {
    if (number == 0) return false;
    if (engine::Worker* const here = engine::Worker::current()) {
        engine::LoopEntry* const entry = here->entry_of(number);
        return entry != nullptr && use(*entry);
    }
    const auto entry = engine::LoopRegistry::find(number);
    return entry && use(*entry);
}

}  // namespace

bool Handle::alive() const noexcept {
    return with_entry(loop_, [&](const engine::LoopEntry& entry) {
        return entry.alive({.slot = slot_, .generation = generation_});
    });
}

template <class Send>
PostStatus Handle::post_message(std::size_t size, Send send) const {
    const bool posted = with_entry(loop_, [&](engine::LoopEntry& entry) {
        auto room = entry.room_for(size);
        return room && entry.post({.slot = slot_, .generation = generation_},
                                  [send = send(), room = std::move(*room)](
                                      engine::WebSocketSession& session) { send(session); });
    });
    return posted ? SendStatus::sent : SendStatus::dropped;
}

bool Handle::post(std::function<void(WebSocket&)> function) const {
    return post_message(0, [&] {
        return [function = std::move(function)](engine::WebSocketSession& session) {
            session.guard("a posted function", [&] { function(session.facade()); });
        };
    });
}

PostStatus Handle::send(Message message) const {
    return post_message(message.size(), [&] {
        return [type = message.type(),
                payload = std::string(message.text())](engine::WebSocketSession& session) {
            session.facade().send(Message(type, std::as_bytes(std::span(payload))));
        };
    });
}

PostStatus Handle::send(PreparedMessage message) const {
    // Of what many connections share, each counts its part.
    const auto& frame = engine::PreparedFrameAccess::frame_of(message);
    const auto owners = static_cast<std::size_t>(std::max(frame.use_count(), 1L));
    return post_message(frame->bytes.size() / owners, [&] {
        return [message = std::move(message)](engine::WebSocketSession& session) {
            session.send(message);
        };
    });
}

bool Handle::close(CloseCode code, std::string_view reason) const {
    // (However much is on its way: what ends a connection makes room.)
    return with_entry(loop_, [&](engine::LoopEntry& entry) {
        return entry.post({.slot = slot_, .generation = generation_},
                          [code, reason = std::string(reason)](engine::WebSocketSession& session) {
                              session.facade().close(code, reason);
                          });
    });
}

}  // namespace longwire
