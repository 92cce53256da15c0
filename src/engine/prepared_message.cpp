#include "engine/prepared_frame.hpp"
#include "protocol/encoder.hpp"

#include <longwire/prepared_message.hpp>

#include <optional>
#include <utility>

namespace longwire {

PreparedMessage::PreparedMessage(Message message) {
    auto frame = std::make_shared<Frame>();
    frame->type = message.type();
    protocol::append_frame(frame->bytes, protocol::opcode_of(message.type()), message.bytes());
    frame->header_size = frame->bytes.size() - message.size();
    frame_ = std::move(frame);
}

std::span<const std::byte> PreparedMessage::Frame::compressed_by(
    protocol::Compression& compression) const {
    constexpr int usual_window = 15;
    if (compression.window_bits != usual_window) return bytes;
    std::call_once(compressing_, [&] {
        const auto payload = std::span(bytes).subspan(header_size);
        if (const auto data = compression.compressor.compress(payload))
            protocol::append_frame(compressed_, protocol::opcode_of(type), *data, std::nullopt,
                                   true);
    });
    return compressed_.empty() ? bytes : compressed_;
}

PreparedMessage::PreparedMessage(const PreparedMessage&) noexcept = default;
PreparedMessage::PreparedMessage(PreparedMessage&&) noexcept = default;
PreparedMessage& PreparedMessage::operator=(const PreparedMessage&) noexcept = default;
PreparedMessage& PreparedMessage::operator=(PreparedMessage&&) noexcept = default;
PreparedMessage::~PreparedMessage() = default;

}  // namespace longwire
