#pragma once

#include "protocol/compression.hpp"

#include <longwire/prepared_message.hpp>

#include <cstddef>
#include <mutex>
#include <span>
#include <vector>

namespace longwire {

/// The encoded frame behind a PreparedMessage.
struct PreparedMessage::Frame {
    std::vector<std::byte> bytes;  // header and payload
    std::size_t header_size = 0;
    MessageType type = MessageType::text;

    /// The frame of the compressed message, made by the first who asks; the plain one where it
    /// would not be smaller, or for a smaller window than the usual.
    [[nodiscard]] std::span<const std::byte> compressed_by(
        protocol::Compression& compression) const;

private:
    mutable std::once_flag compressing_;
    mutable std::vector<std::byte> compressed_;
};

}  // namespace longwire
