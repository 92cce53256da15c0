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
};

/// What reading a header gave.
struct ParsedHeader {
    enum class Status : std::uint8_t { need_more, complete, failed };

    Status status = Status::need_more;
    std::uint8_t size = 0;    ///< complete: the bytes the header takes.
    FrameHeader header = {};  ///< complete.
    Failure failure = {};     ///< failed.
};

/// Whether RSV1 may mark the first frame of a message as compressed (RFC 7692, section 6).
enum class Rsv1 : bool { reserved, compressed };

/// Reads the header at the front of `input`, as `role` receives it: fails on what no extension
/// that was negotiated allows, and as soon as the bytes that are there show it.
[[nodiscard]] ParsedHeader parse_frame_header(std::span<const std::byte> input, Role role,
                                              Rsv1 rsv1 = Rsv1::reserved) noexcept;

/// Writes `header` in its shortest form and gives its size.
[[nodiscard]] std::size_t write_frame_header(std::span<std::byte, max_frame_header_size> output,
                                             const FrameHeader& header) noexcept;

}  // namespace longwire::protocol
