#pragma once

#include "cli/connect.hpp"
#include "cli/palette.hpp"

#include <longwire/error.hpp>

#include <string>

namespace longwire::cli {

/// What the options of the program can do about `error`, as the end of its line: "" or " (…)".
[[nodiscard]] std::string remedy_for(const Error& error);

/// The lines after the first: what the server (or a proxy) answered, if it was HTTP, and what it
/// likely means. Harmless on a terminal. Empty where there is nothing to add.
[[nodiscard]] std::string refusal_in_full(const Error& error, const ConnectOptions& options,
                                          const Palette& palette);

}  // namespace longwire::cli
