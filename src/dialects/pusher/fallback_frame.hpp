#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::dialects::pusher {

// What pusher-js exchanges over HTTP where WebSocket does not get through: a letter and maybe JSON
// on a line of its own, as SockJS does.

[[nodiscard]] constexpr std::string_view open_frame() noexcept {
    return "o{}\n";
}
[[nodiscard]] constexpr std::string_view heartbeat_frame() noexcept {
    return "h\n";
}
/// Messages, each a text. Nothing but ASCII, so that what the client counts in characters has as
/// many bytes.
[[nodiscard]] std::string messages_frame(const std::vector<std::string>& messages);
[[nodiscard]] std::string close_frame(int code, std::string_view reason);

/// What a client sends: a JSON array of texts; empty as an answer to a heartbeat. The error is a
/// sentence for it.
[[nodiscard]] std::expected<std::vector<std::string>, std::string_view> read_sent(
    std::string_view body, std::size_t most);

}  // namespace longwire::dialects::pusher
