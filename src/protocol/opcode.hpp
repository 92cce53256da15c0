#pragma once

#include <longwire/message.hpp>

#include <cstdint>

namespace longwire::protocol {

/// What a frame is (RFC 6455, section 5.2).
enum class Opcode : std::uint8_t {
    continuation = 0x0,
    text = 0x1,
    binary = 0x2,
    close = 0x8,
    ping = 0x9,
    pong = 0xA,
};

/// Control frames may stand between the fragments of a message (section 5.5).
[[nodiscard]] constexpr bool is_control(Opcode opcode) noexcept {
    return (static_cast<std::uint8_t>(opcode) & 0x8) != 0;
}

[[nodiscard]] constexpr Opcode opcode_of(MessageType type) noexcept {
    return type == MessageType::text ? Opcode::text : Opcode::binary;
}

}  // namespace longwire::protocol
