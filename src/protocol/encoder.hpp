#pragma once

#include "protocol/frame_header.hpp"
#include "protocol/masking.hpp"
#include "protocol/opcode.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace longwire::protocol {

/// An encoded frame header, to be sent before its payload.
struct FrameHead {
    std::array<std::byte, max_frame_header_size> bytes = {};
    std::uint8_t size = 0;

    [[nodiscard]] std::span<const std::byte> view() const noexcept {
        return std::span(bytes).first(size);
    }
};

/// Encodes the header of a frame; masked if there is a key. `compressed` sets RSV1.
[[nodiscard]] inline FrameHead encode_frame_head(Opcode opcode, bool fin,
                                                 std::uint64_t payload_length,
                                                 std::optional<MaskingKey> key = std::nullopt,
                                                 bool compressed = false) noexcept {
    FrameHead head;
    const FrameHeader header = {.payload_length = payload_length,
                                .masking_key = key.value_or(MaskingKey{}),
                                .opcode = opcode,
                                .compressed = compressed,
                                .fin = fin,
                                .masked = key.has_value()};
    head.size = static_cast<std::uint8_t>(write_frame_header(head.bytes, header));
    return head;
}

/// The same for up to 125 bytes without a mask: on the shortest way.
[[nodiscard]] inline std::array<std::byte, 2> short_frame_head(Opcode opcode, bool fin,
                                                               std::size_t payload_length,
                                                               bool compressed) noexcept {
    const unsigned first =
        (fin ? 0x80U : 0U) | (compressed ? 0x40U : 0U) | static_cast<unsigned>(opcode);
    return {static_cast<std::byte>(first), static_cast<std::byte>(payload_length)};
}

/// Appends a whole frame to `output`; masked if there is a key. `compressed` says that the payload
/// is (RFC 7692, section 6).
void append_frame(std::vector<std::byte>& output, Opcode opcode, std::span<const std::byte> payload,
                  std::optional<MaskingKey> key = std::nullopt, bool compressed = false);

}  // namespace longwire::protocol
