#pragma once

#include "protocol/failure.hpp"

#include <longwire/close_code.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

namespace longwire::protocol {

/// What a close frame says (RFC 6455, section 5.5.1).
struct CloseBody {
    CloseCode code = CloseCode::no_status_received;
    std::string_view reason;
};

/// Reads the payload of a close frame. An empty one is 1005. The reason is a view of `payload`; a
/// failure is one of broken_rule.
[[nodiscard]] std::expected<CloseBody, const Failure*> parse_close_payload(
    std::span<const std::byte> payload) noexcept;

/// The payload of a close frame that was built.
struct ClosePayload {
    std::array<std::byte, 125> bytes = {};
    std::uint8_t size = 0;

    [[nodiscard]] std::span<const std::byte> view() const noexcept {
        return std::span(bytes).first(size);
    }
};

/// Builds the payload of a close frame. 1005 gives an empty one; another code that may not be sent
/// becomes 1000. The reason is cut to 123 bytes at a character, and left out if it is not UTF-8.
[[nodiscard]] ClosePayload encode_close_payload(CloseCode code, std::string_view reason) noexcept;

}  // namespace longwire::protocol
