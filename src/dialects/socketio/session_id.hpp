#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace longwire::dialects::socketio {

/// A name that nobody guesses (128 random bits), in 24 letters that need no escape in a URL. It
/// says on which loop what it names is.
[[nodiscard]] std::string new_id(std::size_t loop);
/// Nothing where it is no such name.
[[nodiscard]] std::optional<std::size_t> loop_of(std::string_view id);

}  // namespace longwire::dialects::socketio
