#include "protocol/encoder.hpp"

namespace longwire::protocol {

FrameHead encode_frame_head(Opcode opcode, bool fin, std::uint64_t payload_length,
                            std::optional<MaskingKey> key, bool compressed) noexcept {
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

void append_frame(std::vector<std::byte>& output, Opcode opcode, std::span<const std::byte> payload,
                  std::optional<MaskingKey> key, bool compressed) {
    const FrameHead head = encode_frame_head(opcode, true, payload.size(), key, compressed);
    output.reserve(output.size() + head.size + payload.size());
    output.insert(output.end(), head.view().begin(), head.view().end());
    output.insert(output.end(), payload.begin(), payload.end());
    if (key) apply_mask(std::span(output).last(payload.size()), *key);
}

}  // namespace longwire::protocol
