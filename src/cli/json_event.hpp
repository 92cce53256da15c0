#pragma once

#include <longwire/error.hpp>
#include <longwire/message.hpp>
#include <longwire/websocket.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace longwire::cli {

enum class Direction : std::uint8_t { in, out };

/// The lines of --json (docs/connect.md has the schema), each with its line break.
namespace json_event {

[[nodiscard]] std::string open(std::string_view url, const WebSocket& socket);
[[nodiscard]] std::string message(Direction direction, Message message);
[[nodiscard]] std::string pong(std::chrono::microseconds took);
[[nodiscard]] std::string close(const CloseStatus& status);
[[nodiscard]] std::string reconnecting(std::string_view why, std::chrono::milliseconds after);
[[nodiscard]] std::string error(const Error& error, int exit_code);

}  // namespace json_event

}  // namespace longwire::cli
