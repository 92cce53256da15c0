#include "frames.hpp"

#include "broken.hpp"

#include <array>
#include <cstdint>

namespace longwire::simulation {

namespace {

constexpr std::array known = {protocol::Opcode::continuation, protocol::Opcode::text,
                              protocol::Opcode::binary,       protocol::Opcode::close,
                              protocol::Opcode::ping,         protocol::Opcode::pong};

void judge(const Frame& frame, std::uint64_t length) {
    bool is_known = false;
    for (const protocol::Opcode opcode : known) is_known = is_known || opcode == frame.opcode;
    require(is_known, "a frame was written with a reserved opcode");
    if ((static_cast<unsigned>(frame.opcode) & 8U) == 0) return;
    require(frame.fin, "a fragmented control frame was written");
    require(!frame.compressed, "a compressed control frame was written");
    require(length <= 125, "a control frame above 125 bytes was written");
}

}  // namespace

std::optional<ReadFrame> read_frame(std::span<const std::byte> bytes, protocol::Role sender) {
    const auto byte = [&](std::size_t place) {
        return std::to_integer<std::uint64_t>(bytes[place]);
    };
    if (bytes.size() < 2) return std::nullopt;
    const bool masked = (byte(1) & 0x80U) != 0;
    require(masked == (sender == protocol::Role::client), "the mask bit is not that of the role");
    require((byte(0) & 0x30U) == 0, "a frame was written with a reserved bit");

    std::uint64_t length = byte(1) & 0x7FU;
    std::size_t header = 2;
    const std::size_t extended = length == 126 ? 2 : length == 127 ? 8 : 0;
    if (bytes.size() < header + extended + (masked ? 4 : 0)) return std::nullopt;
    if (extended > 0) {
        length = 0;
        for (; header < 2 + extended; ++header) length = length << 8U | byte(header);
        require(length > (extended == 2 ? 125 : 0xFFFF), "a length is not in its shortest form");
    }
    const auto key = bytes.subspan(header, masked ? 4 : 0);
    header += key.size();

    ReadFrame read = {.frame = {.opcode = static_cast<protocol::Opcode>(byte(0) & 0x0FU),
                                .fin = (byte(0) & 0x80U) != 0,
                                .compressed = (byte(0) & 0x40U) != 0,
                                .payload = {}},
                      .header_size = header};
    judge(read.frame, length);
    if (bytes.size() - header < length) return std::nullopt;
    require(bytes.size() - header == length, "more was written than a frame");
    const auto payload = bytes.subspan(header);
    read.frame.payload.assign(payload.begin(), payload.end());
    if (masked)
        for (std::size_t index = 0; index < payload.size(); ++index)
            read.frame.payload[index] ^= key[index % 4];
    return read;
}

FrameBytes write_frame(const Frame& frame, std::optional<protocol::MaskingKey> key) {
    FrameBytes written;
    Bytes& bytes = written.bytes;
    const auto put = [&](std::uint64_t number) {
        bytes.push_back(static_cast<std::byte>(number & 0xFFU));
    };
    const std::uint64_t length = frame.payload.size();
    const unsigned mask_bit = key ? 0x80 : 0;
    put((frame.fin ? 0x80U : 0U) | (frame.compressed ? 0x40U : 0U) |
        static_cast<unsigned>(frame.opcode));
    put(mask_bit | (length <= 125 ? length : length <= 0xFFFF ? 126 : 127));
    const unsigned extended = length <= 125 ? 0 : length <= 0xFFFF ? 2 : 8;
    for (unsigned left = extended; left > 0; --left) put(length >> (8 * (left - 1)));
    if (key) bytes.insert(bytes.end(), key->begin(), key->end());
    written.header_size = bytes.size();
    for (std::size_t index = 0; index < length; ++index)
        bytes.push_back(key ? frame.payload[index] ^ (*key)[index % 4] : frame.payload[index]);
    return written;
}

}  // namespace longwire::simulation
