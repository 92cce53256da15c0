#pragma once

#include <longwire/message.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace longwire::dialects::socketio {

/// Engine.IO, protocol 4: the kinds of packet, by their digit.
enum class EnginePacketType : std::uint8_t { open, close, ping, pong, message, upgrade, noop };

/// One packet: a view of what it was read from.
struct EnginePacket {
    EnginePacketType type = EnginePacketType::noop;
    Message data = Message::text({});  // of a message also bytes
};

/// Reads a text frame of the websocket transport: "4hello". Nothing where it is malformed.
[[nodiscard]] std::optional<EnginePacket> read_engine_packet(std::string_view text) noexcept;

/// Reads the packets of a payload, as the polling transport has them: separated by U+001E, bytes
/// as "b" and base64.
class PayloadReader {
public:
    explicit PayloadReader(std::string_view payload) noexcept : rest_(payload) {}

    /// The next; valid until the next call. Nothing at the end, and where one is malformed.
    [[nodiscard]] std::optional<EnginePacket> next();
    [[nodiscard]] bool malformed() const noexcept { return malformed_; }

private:
    std::string_view rest_;
    std::string bytes_;
    bool ended_ = false;
    bool malformed_ = false;
};

[[nodiscard]] std::string engineio_packet(EnginePacketType type, std::string_view text = {});

/// Appends a packet to a payload, behind a separator where it is not the first.
void append_packet(std::string& payload, EnginePacketType type, std::string_view text = {});
/// The same with a message.
void append_message(std::string& payload, Message message);
/// The same with what is a payload itself.
void append_payload(std::string& payload, std::string_view more);

/// What a session begins with.
struct Opening {
    std::string_view session;
    bool may_upgrade = false;
    std::chrono::milliseconds ping_interval = {};
    std::chrono::milliseconds ping_timeout = {};
    std::size_t max_payload = 0;
};
/// The data of an "open" packet.
[[nodiscard]] std::string opening_json(const Opening& opening);

/// Why a request is refused.
enum class EngineError : std::uint8_t {
    unknown_transport,
    unknown_session,
    bad_handshake_method,
    bad_request,
    forbidden,
    unsupported_version,
};
/// {"code":1,"message":"Session ID unknown"}
[[nodiscard]] std::string error_json(EngineError error);

}  // namespace longwire::dialects::socketio
