#pragma once

#include <longwire/error.hpp>
#include <longwire/websocket.hpp>

#include <string>

namespace longwire::cli {

/// The exit code of `longwire connect` when it could not connect.
[[nodiscard]] int exit_code_of(ErrorCode code) noexcept;

/// Its exit code when the connection has ended so.
[[nodiscard]] int exit_code_of(const CloseStatus& status) noexcept;

/// "1000 normal closure", "4001 application: bye": harmless on a terminal.
[[nodiscard]] std::string in_words(const CloseStatus& status);

}  // namespace longwire::cli
