#include "engine/loop_registry.hpp"
#include "engine/websocket_session.hpp"
#include "engine/worker.hpp"

#include <longwire/websocket.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

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

bool Handle::post(std::function<void(WebSocket&)> function) const {
    return with_entry(loop_, [&](engine::LoopEntry& entry) {
        return entry.post({.slot = slot_, .generation = generation_},
                          [function = std::move(function)](engine::WebSocketSession& session) {
                              session.guard("a posted function",
                                            [&] { function(session.facade()); });
                          });
    });
}

bool Handle::send(Message message) const {
    std::vector<std::byte> payload(message.bytes().begin(), message.bytes().end());
    return post([type = message.type(), payload = std::move(payload)](WebSocket& socket) {
        socket.send(Message(type, payload));
    });
}

bool Handle::send(PreparedMessage message) const {
    return post([message = std::move(message)](WebSocket& socket) { socket.send(message); });
}

bool Handle::close(CloseCode code, std::string_view reason) const {
    return post(
        [code, reason = std::string(reason)](WebSocket& socket) { socket.close(code, reason); });
}

}  // namespace longwire
