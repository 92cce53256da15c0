#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace longwire::cli {

/// What Tab makes of a line that is being typed.
struct Completion {
    std::string added = {};                 ///< To be inserted at the cursor.
    std::vector<std::string> choices = {};  ///< Where nothing is added: what could be, sorted.
};

/// Completes what stands before the cursor: the name of a command, or of the file that one takes.
/// Nothing of a line that is a message. Reads folders.
[[nodiscard]] Completion complete_typed(std::string_view line);

/// `path` with the home of the user in the place of "~" at its beginning.
[[nodiscard]] std::string with_home(std::string_view path);

}  // namespace longwire::cli
