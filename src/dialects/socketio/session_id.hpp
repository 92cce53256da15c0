#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace longwire::dialects::socketio {

/// A name that nobody guesses (128 random bits), in 32 letters that need no escape in a URL. It
/// says on which loop what it names is, by which process it was made, and when.
[[nodiscard]] std::string new_id(std::size_t loop);
/// Nothing where it is no such name.
[[nodiscard]] std::optional<std::size_t> loop_of(std::string_view id);
/// Whether it says that it was made by another process while this one was there: whatever stands
/// before both gives clients now to the one, now to the other. (Not by one that this one has taken
/// the place of: that has a minute.) Anybody can make such a name.
[[nodiscard]] bool is_of_another(std::string_view id);

}  // namespace longwire::dialects::socketio
