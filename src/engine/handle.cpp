#include "engine/loop_registry.hpp"
#include "engine/websocket_session.hpp"

#include <longwire/websocket.hpp>

#include <string>
#include <utility>
#include <vector>

namespace longwire {

bool Handle::alive() const noexcept {
    const auto entry = engine::LoopRegistry::find(loop_);
    return entry && entry->alive({.slot = slot_, .generation = generation_});
}

bool Handle::post(std::function<void(WebSocket&)> function) const {
    const auto entry = engine::LoopRegistry::find(loop_);
    if (!entry) return false;
    return entry->post({.slot = slot_, .generation = generation_},
                       [function = std::move(function)](engine::WebSocketSession& session) {
                           session.guard("a posted function", [&] { function(session.facade()); });
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
