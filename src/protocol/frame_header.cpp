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

ParsedHeader failed(const Failure& rule) noexcept {
    ParsedHeader parsed;
    parsed.status = ParsedHeader::Status::failed;
    parsed.failure = &rule;
    return parsed;
}

/// What the first byte breaks, if anything.
const Failure* broken_by(std::uint8_t first, Rsv1 rsv1) noexcept {
    const std::uint8_t opcode = first & 0x0F;
    const bool may_be_compressed = rsv1 == Rsv1::compressed && (opcode == 0x1 || opcode == 0x2);
    const std::uint8_t reserved = may_be_compressed ? 0x30 : 0x70;
    if ((first & reserved) != 0) return &broken_rule::reserved_bit;
    if ((opcode > 0x2 && opcode < 0x8) || opcode > 0xA) return &broken_rule::reserved_opcode;
    if (opcode >= 0x8 && (first & fin_bit) == 0) return &broken_rule::fragmented_control;
    return nullptr;
}

/// What the first two bytes break, if anything.
const Failure* broken_by(std::uint8_t first, std::uint8_t second, Role role, Rsv1 rsv1) noexcept {
    if (const Failure* rule = broken_by(first, rsv1)) return rule;
    const bool control = (first & 0x08) != 0;
    if (control && (second & length_bits) > max_control_payload) return &broken_rule::long_control;
    const bool masked = (second & mask_bit) != 0;
    if (role == Role::server && !masked) return &broken_rule::not_masked;
    if (role == Role::client && masked) return &broken_rule::masked;
    return nullptr;
}

std::uint64_t big_endian(std::span<const std::byte> bytes) noexcept {
    std::uint64_t number = 0;
    for (const std::byte byte : bytes) number = number << 8 | std::to_integer<std::uint64_t>(byte);
    return number;
}

}  // namespace

ParsedHeader parse_frame_header(std::span<const std::byte> input, Role role, Rsv1 rsv1) noexcept {
    if (input.empty()) return {};
    const auto first = std::to_integer<std::uint8_t>(input[0]);
    if (input.size() == 1) {
        const Failure* rule = broken_by(first, rsv1);
        return rule != nullptr ? failed(*rule) : ParsedHeader{};
    }
    const auto second = std::to_integer<std::uint8_t>(input[1]);
    if (const Failure* rule = broken_by(first, second, role, rsv1)) return failed(*rule);

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
        if (payload_length >> 63 != 0) return failed(broken_rule::top_bit);
        if (payload_length < (extended == 2 ? 126U : 65536U))
            return failed(broken_rule::longer_form);
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
    if (masked) std::ranges::copy(input.subspan(size - 4, 4), parsed.header.masking_key.begin());
    return parsed;
}

}  // namespace longwire::protocol
