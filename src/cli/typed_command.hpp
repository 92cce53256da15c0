#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::cli {

/// What a line typed on the terminal asks for.
struct TypedCommand {
    enum class Kind : std::uint8_t { send, ping, close, binary, text, pretty, help, unknown };
    Kind kind = Kind::send;
    std::string argument = {};  ///< The message, the ping's text, the file; of close: the reason
    int code = 0;               ///< Of close: 0 where none was given.
    std::string mistake = {};   ///< Of unknown: what is wrong with it, and what was meant perhaps.
};

/// "//text" is the message "/text"; any other line that begins with a slash is a command.
[[nodiscard]] TypedCommand parse_typed(std::string_view line);

/// The names of all commands, without the slash.
[[nodiscard]] std::vector<std::string_view> typed_commands();

/// What /help prints.
[[nodiscard]] std::string_view typed_help() noexcept;

}  // namespace longwire::cli
