#include "protocol/close_payload.hpp"

#include "protocol/utf8.hpp"

#include <algorithm>

namespace longwire::protocol {

std::expected<CloseBody, const Failure*> parse_close_payload(
    std::span<const std::byte> payload) noexcept {
    if (payload.empty()) return CloseBody{};
    if (payload.size() == 1) return std::unexpected(&broken_rule::half_close_code);
    const auto number = static_cast<std::uint16_t>(std::to_integer<unsigned>(payload[0]) << 8 |
                                                   std::to_integer<unsigned>(payload[1]));
    const auto code = static_cast<CloseCode>(number);
    if (!may_be_sent(code)) return std::unexpected(&broken_rule::close_code);
    const auto reason = payload.subspan(2);
    if (!is_valid_utf8(reason)) return std::unexpected(&broken_rule::reason_not_utf8);
    return CloseBody{.code = code,
                     .reason = {reinterpret_cast<const char*>(reason.data()), reason.size()}};
}

ClosePayload encode_close_payload(CloseCode code, std::string_view reason) noexcept {
    ClosePayload payload;
    if (code == CloseCode::no_status_received) return payload;
    if (!may_be_sent(code)) code = CloseCode::normal;
    std::size_t size = std::min(reason.size(), payload.bytes.size() - 2);
    // Never between the bytes of a character.
    if (size < reason.size())
        while (size > 0 && (static_cast<unsigned char>(reason[size]) & 0xC0) == 0x80) --size;
    auto bytes = std::as_bytes(std::span(reason.substr(0, size)));
    if (!is_valid_utf8(bytes)) bytes = {};
    payload.bytes[0] = static_cast<std::byte>(to_number(code) >> 8);
    payload.bytes[1] = static_cast<std::byte>(to_number(code) & 0xFF);
    std::ranges::copy(bytes, payload.bytes.begin() + 2);
    payload.size = static_cast<std::uint8_t>(2 + bytes.size());
    return payload;
}

}  // namespace longwire::protocol
