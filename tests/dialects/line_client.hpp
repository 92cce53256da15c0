#pragma once

#include "raw_client.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace longwire {

/// A client of Engine.IO that speaks by WebSocket.
class LineClient {
public:
    explicit LineClient(std::uint16_t port, std::string_view path = "/engine.io/",
                        std::string_view id = {})
        : connection_(port) {
        std::string target = std::string(path) + "?EIO=4&transport=websocket";
        if (!id.empty()) target += "&sid=" + std::string(id);
        head = connection_.upgrade(target);
    }

    void send(std::string_view packet) const { connection_.send(client_frame(text, packet)); }
    void send_bytes(std::string_view bytes) const { connection_.send(client_frame(binary, bytes)); }
    /// The payload of the next frame; "close" for one that closes, or for the connection's end.
    std::string next() {
        const std::string begin = connection_.read(2);
        if (begin.size() < 2 || (begin[0] & 0x0F) == close_opcode) return "close";
        std::size_t size = static_cast<unsigned char>(begin[1]);
        if (size == 126) {
            const std::string more = connection_.read(2);
            size = std::size_t{static_cast<unsigned char>(more[0])} << 8U |
                   static_cast<unsigned char>(more[1]);
        }
        return connection_.read(size);
    }
    /// The next that is no ping.
    std::string message() {
        std::string packet = next();
        while (packet == "2") packet = next();
        return packet;
    }

    std::string head;

private:
    RawClient connection_;
};

}  // namespace longwire
