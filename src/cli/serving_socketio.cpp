#include "cli/serving_socketio.hpp"

#include <cstdint>

namespace longwire::cli {

std::unique_ptr<dialects::socketio::Channels> serve_socketio(Server& server,
                                                             dialects::HubLoops& hub_loops,
                                                             dialects::Gate& gate,
                                                             const ServeOptions& options) {
    if (options.socketio.path == "off") return nullptr;
    SocketIoOptions socketio = options.socketio;
    socketio.origins = options.websocket.origins;
    socketio.max_payload = options.websocket.max_message_size;
    socketio.max_event = 4 * socketio.max_payload;
    socketio.max_backlog = options.websocket.max_backlog;
    return std::make_unique<dialects::socketio::Channels>(server, hub_loops, gate, socketio,
                                                          options.websocket);
}

void describe(dialects::socketio::Channels* channels, ops::Exposition& exposition) {
    if (channels == nullptr) return;
    exposition.gauge("socketio_sessions", "Clients of Socket.IO, by whatever transport.");
    exposition.sample(std::uint64_t{channels->engine().sessions()});
}

}  // namespace longwire::cli
