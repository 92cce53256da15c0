#pragma once

#include <longwire/error.hpp>
#include <longwire/result.hpp>

#include <string>
#include <string_view>

namespace longwire::cli {

/// The value of an option that need not stand on the command line, where other users could see it:
/// "@FILE" is the first line of a file, "env:NAME" a variable of the environment, and anything
/// else is itself. `option` is named in the message of a failure. Errors: as read_file;
/// invalid_argument.
[[nodiscard]] Result<std::string> secret_value(std::string_view given, std::string_view option);

/// A text file whole, if it has no more than `most` bytes. Errors: system (it cannot be read);
/// invalid_argument (it has more).
[[nodiscard]] Result<std::string> read_file(const std::string& path, std::size_t most);

/// What the program ends with that cannot go on without what was to be read.
[[nodiscard]] int exit_code_of_input(const Error& error) noexcept;

/// Asks on the terminal, without showing what is typed.
[[nodiscard]] Result<std::string> ask_password(std::string_view question);

}  // namespace longwire::cli
