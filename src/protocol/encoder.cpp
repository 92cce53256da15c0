#include "protocol/encoder.hpp"

namespace longwire::protocol {

void append_frame(std::vector<std::byte>& output, Opcode opcode, std::span<const std::byte> payload,
                  std::optional<MaskingKey> key, bool compressed) {
    const FrameHead head = encode_frame_head(opcode, true, payload.size(), key, compressed);
    output.reserve(output.size() + head.size + payload.size());
    output.insert(output.end(), head.view().begin(), head.view().end());
    output.insert(output.end(), payload.begin(), payload.end());
    if (key) apply_mask(std::span(output).last(payload.size()), *key);
}

}  // namespace longwire::protocol
