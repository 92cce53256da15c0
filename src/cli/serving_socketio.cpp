#include "cli/serving_socketio.hpp"

namespace longwire::cli {

std::unique_ptr<dialects::socketio::Channels> serve_socketio(const Serving& serving) {
    const ServeOptions& options = serving.options;
    if (options.socketio.path == "off") return nullptr;
    SocketIoOptions socketio = options.socketio;
    socketio.origins = options.websocket.origins;
    socketio.max_payload = options.websocket.limits.max_message_size;
    socketio.max_event = 4 * socketio.max_payload;
    socketio.max_backlog = options.websocket.limits.max_backlog;
    return std::make_unique<dialects::socketio::Channels>(
        serving.server, serving.hub_loops, serving.gate, socketio, options.websocket);
}

}  // namespace longwire::cli
