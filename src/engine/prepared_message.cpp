#include "engine/prepared_frame.hpp"
#include "protocol/encoder.hpp"

#include <longwire/prepared_message.hpp>

#include <utility>

namespace longwire {

namespace {

protocol::Opcode opcode_of(MessageType type) noexcept {
    return type == MessageType::text ? protocol::Opcode::text : protocol::Opcode::binary;
}

}  // namespace

PreparedMessage::PreparedMessage(Message message) {
    auto frame = std::make_shared<Frame>();
    frame->type = message.type();
    protocol::append_frame(frame->bytes, opcode_of(message.type()), message.bytes());
    frame->header_size = frame->bytes.size() - message.size();
    frame_ = std::move(frame);
}

PreparedMessage::PreparedMessage(const PreparedMessage&) noexcept = default;
PreparedMessage::PreparedMessage(PreparedMessage&&) noexcept = default;
PreparedMessage& PreparedMessage::operator=(const PreparedMessage&) noexcept = default;
PreparedMessage& PreparedMessage::operator=(PreparedMessage&&) noexcept = default;
PreparedMessage::~PreparedMessage() = default;

}  // namespace longwire
