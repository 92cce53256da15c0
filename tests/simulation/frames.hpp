#pragma once

#include "content.hpp"

#include "protocol/masking.hpp"
#include "protocol/opcode.hpp"
#include "protocol/role.hpp"

#include <cstddef>
#include <optional>
#include <span>

namespace longwire::simulation {

/// A frame, unmasked. Read and written here without what is tested, and slowly.
struct Frame {
    protocol::Opcode opcode = protocol::Opcode::binary;
    bool fin = true;
    bool compressed = false;
    Bytes payload;
};

struct ReadFrame {
    Frame frame;
    std::size_t header_size;
};

/// Reads the frame that is all of `bytes`, written by `sender`; nothing while it is not whole.
/// Whatever RFC 6455, section 5, forbids of a single frame is Broken.
[[nodiscard]] std::optional<ReadFrame> read_frame(std::span<const std::byte> bytes,
                                                  protocol::Role sender);

/// The bytes of a frame, and the size of its header.
struct FrameBytes {
    Bytes bytes;
    std::size_t header_size;
};
[[nodiscard]] FrameBytes write_frame(const Frame& frame, std::optional<protocol::MaskingKey> key);

}  // namespace longwire::simulation
