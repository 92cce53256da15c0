#pragma once

#include "raw_client.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace longwire {

/// A client of a WebSocket that reads frame by frame.
class FrameClient {
public:
    FrameClient(std::uint16_t port, std::string_view target) : connection_(port) {
        head = connection_.upgrade(target);
    }

    void send(std::string_view message) const { connection_.send(client_frame(text, message)); }
    void send_bytes(std::string_view bytes) const { connection_.send(client_frame(binary, bytes)); }
    /// The payload of the next frame; "close" for one that closes, or for the connection's end.
    std::string next() {
        const std::string begin = connection_.read(2);
        if (begin.size() < 2) return "close";
        if ((begin[0] & 0x0F) == close_opcode) {
            const std::string code = begin[1] == 0 ? "" : connection_.read(2);
            if (code.size() == 2) close_code = number_of(code);
            return "close";
        }
        std::size_t size = static_cast<unsigned char>(begin[1]);
        if (size == 126) size = number_of(connection_.read(2));
        return connection_.read(size);
    }

    std::string head;
    unsigned close_code = 0;

private:
    static unsigned number_of(std::string_view two_bytes) {
        return static_cast<unsigned>(static_cast<unsigned char>(two_bytes[0])) << 8U |
               static_cast<unsigned char>(two_bytes[1]);
    }

    RawClient connection_;
};

/// A client of Engine.IO that speaks by WebSocket.
class LineClient : public FrameClient {
public:
    explicit LineClient(std::uint16_t port, std::string_view path = "/engine.io/",
                        std::string_view id = {})
        : FrameClient(port, std::string(path) + "?EIO=4&transport=websocket" +
                                (id.empty() ? "" : "&sid=" + std::string(id))) {}

    /// The next that is no ping.
    std::string message() {
        std::string packet = next();
        while (packet == "2") packet = next();
        return packet;
    }
};

}  // namespace longwire
