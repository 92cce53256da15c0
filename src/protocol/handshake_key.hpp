#pragma once

#include <string>
#include <string_view>

namespace longwire::protocol {

/// A Sec-WebSocket-Key: 16 random bytes in base64 (RFC 6455, section 4.1).
[[nodiscard]] std::string random_key();

/// Whether `key` is 16 bytes in base64.
[[nodiscard]] bool is_key(std::string_view key) noexcept;

/// The Sec-WebSocket-Accept that answers `key` (RFC 6455, section 4.2.2).
[[nodiscard]] std::string accept_key(std::string_view key);

}  // namespace longwire::protocol
