#include "dialects/socketio/engineio_packet.hpp"

#include "dialects/json_text.hpp"
#include "http/base64.hpp"

#include <array>
#include <span>

namespace longwire::dialects::socketio {

namespace {

constexpr char separator = '\x1e';
constexpr char bytes_mark = 'b';

char digit_of(EnginePacketType type) noexcept {
    return static_cast<char>('0' + static_cast<char>(type));
}

}  // namespace

std::optional<EnginePacket> read_engine_packet(std::string_view text) noexcept {
    if (text.empty() || text.front() < '0' || text.front() > '6') return std::nullopt;
    return EnginePacket{static_cast<EnginePacketType>(text.front() - '0'),
                        Message::text(text.substr(1))};
}

std::optional<EnginePacket> PayloadReader::next() {
    if (ended_) return std::nullopt;
    const std::size_t end = rest_.find(separator);
    const std::string_view text = rest_.substr(0, end);
    ended_ = end == std::string_view::npos;
    if (!ended_) rest_.remove_prefix(end + 1);
    std::optional<EnginePacket> packet;
    if (!text.starts_with(bytes_mark)) {
        packet = read_engine_packet(text);
    } else if (auto decoded = http::from_base64(text.substr(1))) {
        bytes_ = std::move(*decoded);
        packet = {EnginePacketType::message, Message::binary(std::as_bytes(std::span(bytes_)))};
    }
    if (!packet) ended_ = malformed_ = true;
    return packet;
}

std::string engineio_packet(EnginePacketType type, std::string_view text) {
    std::string packet;
    packet.reserve(1 + text.size());
    packet += digit_of(type);
    packet += text;
    return packet;
}

void append_packet(std::string& payload, EnginePacketType type, std::string_view text) {
    if (!payload.empty()) payload += separator;
    payload += digit_of(type);
    payload += text;
}

void append_message(std::string& payload, Message message) {
    if (message.is_text()) return append_packet(payload, EnginePacketType::message, message.text());
    if (!payload.empty()) payload += separator;
    payload += bytes_mark;
    http::append_base64(payload, message.text());
}

void append_payload(std::string& payload, std::string_view more) {
    if (!payload.empty()) payload += separator;
    payload += more;
}

std::string opening_json(const Opening& opening) {
    std::string json = R"({"sid":)";
    append_quoted(json, opening.session);
    json += opening.may_upgrade ? R"(,"upgrades":["websocket"])" : R"(,"upgrades":[])";
    json += R"(,"pingInterval":)" + std::to_string(opening.ping_interval.count());
    json += R"(,"pingTimeout":)" + std::to_string(opening.ping_timeout.count());
    json += R"(,"maxPayload":)" + std::to_string(opening.max_payload);
    json += '}';
    return json;
}

std::string error_json(EngineError error) {
    constexpr std::array<std::string_view, 6> messages = {
        "Transport unknown", "Session ID unknown", "Bad handshake method",
        "Bad request",       "Forbidden",          "Unsupported protocol version"};
    const auto code = static_cast<std::size_t>(error);
    return R"({"code":)" + std::to_string(code) + R"(,"message":")" +
           std::string(messages.at(code)) + "\"}";
}

}  // namespace longwire::dialects::socketio
