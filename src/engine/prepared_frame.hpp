#pragma once

#include <longwire/prepared_message.hpp>

#include <cstddef>
#include <vector>

namespace longwire {

/// The encoded frame behind a PreparedMessage.
struct PreparedMessage::Frame {
    std::vector<std::byte> bytes;  // header and payload
    std::size_t header_size = 0;
    MessageType type = MessageType::text;
};

}  // namespace longwire
