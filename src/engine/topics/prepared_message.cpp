#include "engine/topics/prepared_frame.hpp"
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

std::span<const std::byte> PreparedMessage::Frame::bytes_for(
    protocol::Compression* compression) const {
    const auto payload = std::span(bytes).subspan(header_size);
    if (compression == nullptr || payload.size() < compression->threshold) return bytes;
    Compressed& mine =
        compressed_.at(static_cast<std::size_t>(compression->window_bits - smallest_window));
    std::call_once(mine.once, [&] {
        if (const auto data = compression->compressor.compress(payload))
            protocol::append_frame(mine.bytes, protocol::opcode_of(type), *data, std::nullopt,
                                   true);
    });
    return mine.bytes.empty() ? bytes : mine.bytes;
}

PreparedMessage::PreparedMessage(const PreparedMessage&) noexcept = default;
PreparedMessage::PreparedMessage(PreparedMessage&&) noexcept = default;
PreparedMessage& PreparedMessage::operator=(const PreparedMessage&) noexcept = default;
PreparedMessage& PreparedMessage::operator=(PreparedMessage&&) noexcept = default;
PreparedMessage::~PreparedMessage() = default;

}  // namespace longwire
