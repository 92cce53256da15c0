#include "misdeed.hpp"

#include "plain_utf8.hpp"

#include <utility>

namespace longwire::simulation {

using protocol::Opcode;

namespace {

Bytes close_payload(unsigned code, std::initializer_list<unsigned> reason = {}) {
    Bytes payload = {std::byte(code >> 8U), std::byte(code & 0xFFU)};
    for (const unsigned letter : reason) payload.push_back(std::byte(letter));
    return payload;
}

Bytes zeros(std::size_t size) {
    return Bytes(size);
}

/// A binary frame whose header says `length` in eight bytes.
Bytes long_header(std::uint64_t length, protocol::Role sender) {
    const bool masked = sender == protocol::Role::client;
    Bytes bytes = {std::byte{0x82}, masked ? std::byte{0xFF} : std::byte{0x7F}};
    for (unsigned left = 8; left > 0; --left)
        bytes.push_back(static_cast<std::byte>(length >> (8 * (left - 1)) & 0xFFU));
    if (masked) bytes.resize(bytes.size() + 4);
    return bytes;
}

}  // namespace

MisdeedBytes commit(Misdeed misdeed, protocol::Role sender, Chance& chance) {
    using Key = std::optional<protocol::MaskingKey>;
    const Key key = sender == protocol::Role::client ? Key(std::in_place) : std::nullopt;
    const auto frame = [&](const Frame& contents) { return write_frame(contents, key).bytes; };
    const Bytes little = zeros(chance.between(0, 20));
    switch (misdeed) {
        case Misdeed::reserved_bit: {
            Bytes bytes = frame({.payload = little});
            bytes[0] |= chance.pick({std::byte{0x20}, std::byte{0x10}});
            return {bytes};
        }
        case Misdeed::reserved_opcode:
            return {frame({.opcode = Opcode(chance.pick({3U, 7U, 11U, 15U})), .payload = little})};
        case Misdeed::wrong_mask_bit:
            return {
                write_frame({.payload = little}, key ? std::nullopt : Key(std::in_place)).bytes};
        case Misdeed::long_ping:
            return {frame({.opcode = Opcode::ping, .payload = zeros(chance.between(126, 300))})};
        case Misdeed::fragmented_ping:
            return {frame({.opcode = Opcode::ping, .fin = false, .payload = little})};
        case Misdeed::nothing_to_continue:
            return {frame({.opcode = Opcode::continuation, .payload = little})};
        case Misdeed::message_in_message: {
            Bytes bytes = frame({.opcode = Opcode::text, .fin = false, .payload = {}});
            const Bytes second = frame({.opcode = Opcode::text, .payload = little});
            bytes.insert(bytes.end(), second.begin(), second.end());
            return {bytes};
        }
        case Misdeed::half_close_code:
            return {frame({.opcode = Opcode::close, .payload = zeros(1)})};
        case Misdeed::close_reason_not_utf8:
            return {frame({.opcode = Opcode::close,
                           .payload = close_payload(1000, {'o', 'k', 0xC3, 0x28})}),
                    CloseCode::invalid_payload};
        case Misdeed::longer_form:
            return {long_header(chance.between(0, 0xFFFF), sender)};
        case Misdeed::top_bit:
            return {long_header(std::uint64_t{1} << 63U | little.size(), sender)};
        case Misdeed::context_not_kept:
            // A block of fixed codes: three bytes from four bytes back, where there is nothing.
            return {
                frame({.compressed = true,
                       .payload = {std::byte{0x02}, std::byte{0x62}, std::byte{0}, std::byte{0}}}),
                CloseCode::invalid_payload};
        default:
            return {
                frame({.opcode = Opcode::close,
                       .payload = close_payload(chance.pick(
                           {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2999U, 5000U, 65535U}))})};
    }
}

void spoil_text(Bytes& text, Chance& chance) {
    if (text.empty()) text.push_back({});
    do {
        text[chance.between(0, text.size() - 1)] =
            std::byte(chance.pick({0x80U, 0xC0U, 0xC3U, 0xEDU, 0xF0U, 0xF5U, 0xFFU}));
    } while (is_plain_utf8(text));
}

}  // namespace longwire::simulation
