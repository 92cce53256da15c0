#pragma once

#include <longwire/request.hpp>

#include <span>
#include <string>
#include <string_view>

namespace longwire::engine {

/// Whether the page that sends this, if one does, may use what is here: by the rule of the
/// WebSocket handshake (WebSocketOptions::origins).
[[nodiscard]] bool origin_allowed(const Request& request, std::span<const std::string> allowed);

/// Whether `bytes` may be sent as text.
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

}  // namespace longwire::engine
