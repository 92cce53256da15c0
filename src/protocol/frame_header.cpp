#include "protocol/frame_header.hpp"

#include <algorithm>

namespace longwire::protocol {

namespace {

constexpr std::uint8_t fin_bit = 0x80;
constexpr std::uint8_t rsv1_bit = 0x40;
constexpr std::uint8_t mask_bit = 0x80;
constexpr std::uint8_t length_bits = 0x7F;
constexpr std::uint8_t length_of_16_bits = 126;
constexpr std::uint8_t length_of_64_bits = 127;

ParsedHeader failed(std::string_view reason) noexcept {
    return {.status = ParsedHeader::Status::failed,
            .failure = {.code = CloseCode::protocol_error, .reason = reason}};
}

/// What the first two bytes break, if anything.
std::string_view broken_rule(std::uint8_t first, std::uint8_t second, Role role,
                             Rsv1 rsv1) noexcept {
    const std::uint8_t opcode = first & 0x0F;
    const bool control = (opcode & 0x8) != 0;
    const bool may_be_compressed = rsv1 == Rsv1::compressed && (opcode == 0x1 || opcode == 0x2);
    const std::uint8_t reserved = may_be_compressed ? 0x30 : 0x70;
    if ((first & reserved) != 0) return "a reserved bit is set that no extension gives a meaning";
    if ((opcode > 0x2 && opcode < 0x8) || opcode > 0xA) return "the opcode is reserved";
    if (control && (first & fin_bit) == 0) return "a control frame is fragmented";
    if (control && (second & length_bits) > max_control_payload)
        return "a control frame is longer than 125 bytes";
    const bool masked = (second & mask_bit) != 0;
    if (role == Role::server && !masked) return "a frame from the client is not masked";
    if (role == Role::client && masked) return "a frame from the server is masked";
    return {};
}

std::uint64_t big_endian(std::span<const std::byte> bytes) noexcept {
    std::uint64_t number = 0;
    for (const std::byte byte : bytes) number = number << 8 | std::to_integer<std::uint64_t>(byte);
    return number;
}

}  // namespace

ParsedHeader parse_frame_header(std::span<const std::byte> input, Role role, Rsv1 rsv1) noexcept {
    if (input.size() < 2) return {};
    const auto first = std::to_integer<std::uint8_t>(input[0]);
    const auto second = std::to_integer<std::uint8_t>(input[1]);
    if (const auto broken = broken_rule(first, second, role, rsv1); !broken.empty())
        return failed(broken);

    const std::uint8_t length = second & length_bits;
    const std::size_t extended = length == length_of_16_bits   ? 2U
                                 : length == length_of_64_bits ? 8U
                                                               : 0U;
    const bool masked = (second & mask_bit) != 0;
    const std::size_t size = 2 + extended + (masked ? 4U : 0U);
    std::uint64_t payload_length = length;
    if (extended > 0) {
        if (input.size() < 2 + extended) return {};
        payload_length = big_endian(input.subspan(2, extended));
        if (payload_length >> 63 != 0) return failed("the most significant bit of a length is set");
        if (payload_length < (extended == 2 ? 126U : 65536U))
            return failed("a length is not in its shortest form");
    }
    if (input.size() < size) return {};

    ParsedHeader parsed;
    parsed.status = ParsedHeader::Status::complete;
    parsed.size = static_cast<std::uint8_t>(size);
    parsed.header.payload_length = payload_length;
    parsed.header.opcode = static_cast<Opcode>(first & 0x0F);
    parsed.header.compressed = (first & rsv1_bit) != 0;
    parsed.header.fin = (first & fin_bit) != 0;
    parsed.header.masked = masked;
    if (masked)
        std::copy_n(input.begin() + static_cast<std::ptrdiff_t>(2 + extended), 4,
                    parsed.header.masking_key.begin());
    return parsed;
}

std::size_t write_frame_header(std::span<std::byte, max_frame_header_size> output,
                               const FrameHeader& header) noexcept {
    const auto put = [&](std::size_t place, std::uint64_t number) {
        output[place] = static_cast<std::byte>(number & 0xFF);
    };
    const std::uint8_t mask = header.masked ? mask_bit : 0;
    put(0, (header.fin ? fin_bit : 0U) | (header.compressed ? rsv1_bit : 0U) |
               static_cast<unsigned>(header.opcode));
    std::size_t size = 2;
    if (header.payload_length < length_of_16_bits) {
        put(1, mask | header.payload_length);
    } else if (header.payload_length < 65536) {
        put(1, mask | length_of_16_bits);
        put(2, header.payload_length >> 8);
        put(3, header.payload_length);
        size = 4;
    } else {
        put(1, mask | length_of_64_bits);
        for (std::size_t index = 0; index < 8; ++index)
            put(2 + index, header.payload_length >> (56 - 8 * index));
        size = 10;
    }
    if (header.masked) {
        std::ranges::copy(header.masking_key, output.begin() + static_cast<std::ptrdiff_t>(size));
        size += header.masking_key.size();
    }
    return size;
}

}  // namespace longwire::protocol
