#pragma once

#include "protocol/compression.hpp"

#include <longwire/prepared_message.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace longwire {

/// The encoded frame behind a PreparedMessage.
struct PreparedMessage::Frame {
    std::vector<std::byte> bytes;  // header and payload
    std::size_t header_size = 0;
    MessageType type = MessageType::text;

    /// The frame as it is for connections that share `compression` (null: for those without):
    /// compressed by the first who asks for its window, and plain where that is not smaller, or
    /// the message below the threshold.
    [[nodiscard]] std::span<const std::byte> bytes_for(protocol::Compression* compression) const;

private:
    struct Compressed {
        std::once_flag once;
        std::vector<std::byte> bytes;  // empty: not smaller
    };
    static constexpr int smallest_window = 8;
    static constexpr int largest_window = 15;
    mutable std::array<Compressed, largest_window - smallest_window + 1> compressed_;
};

namespace engine {

/// Lets the engine see the frame behind a message.
class PreparedFrameAccess {
public:
    [[nodiscard]] static const std::shared_ptr<const PreparedMessage::Frame>& frame_of(
        const PreparedMessage& message) noexcept {
        return message.frame_;
    }
};

}  // namespace engine

}  // namespace longwire
