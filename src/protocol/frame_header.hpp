#pragma once

#include "protocol/failure.hpp"
#include "protocol/masking.hpp"
#include "protocol/opcode.hpp"
#include "protocol/role.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace longwire::protocol {

inline constexpr std::size_t max_frame_header_size = 14;
inline constexpr std::size_t max_control_payload = 125;

/// What stands before a frame's payload (RFC 6455, section 5.2).
struct FrameHeader {
    std::uint64_t payload_length = 0;
    MaskingKey masking_key = {};
    Opcode opcode = Opcode::continuation;
    bool compressed = false;  ///< RSV1
    bool fin = true;
    bool masked = false;

    friend bool operator==(const FrameHeader&, const FrameHeader&) noexcept = default;
};

/// What reading a header gave.
struct ParsedHeader {
    enum class Status : std::uint8_t { need_more, complete, failed };

    FrameHeader header = {};           ///< complete.
    const Failure* failure = nullptr;  ///< failed: one of broken_rule.
    Status status = Status::need_more;
    std::uint8_t size = 0;  ///< complete: the bytes the header takes.
};

/// Whether RSV1 may mark the first frame of a message as compressed (RFC 7692, section 6).
enum class Rsv1 : bool { reserved, compressed };

/// Reads the header at the front of `input`, as `role` receives it: fails on what no extension
/// that was negotiated allows, and as soon as the bytes that are there show it.
[[nodiscard]] ParsedHeader parse_frame_header(std::span<const std::byte> input, Role role,
                                              Rsv1 rsv1 = Rsv1::reserved) noexcept;

/// Writes `header` in its shortest form and gives its size.
[[nodiscard]] inline std::size_t write_frame_header(
    std::span<std::byte, max_frame_header_size> output, const FrameHeader& header) noexcept {
    const auto put = [&](std::size_t place, std::uint64_t number) {
        output[place] = static_cast<std::byte>(number & 0xFF);
    };
    const std::uint64_t length = header.payload_length;
    const unsigned mask_bit = header.masked ? 0x80 : 0;
    put(0, (header.fin ? 0x80U : 0U) | (header.compressed ? 0x40U : 0U) |
               static_cast<unsigned>(header.opcode));
    std::size_t size = 2;
    if (length <= 125) {
        put(1, mask_bit | length);
    } else if (length <= 0xFFFF) {
        put(1, mask_bit | 126);
        for (; size < 4; ++size) put(size, length >> (24 - 8 * size));
    } else {
        put(1, mask_bit | 127);
        for (; size < 10; ++size) put(size, length >> (72 - 8 * size));
    }
    if (!header.masked) return size;
    for (const std::byte byte : header.masking_key) output[size++] = byte;
    return size;
}

}  // namespace longwire::protocol
