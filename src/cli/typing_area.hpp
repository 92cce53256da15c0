#pragma once

#include "cli/line_editor.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::cli {

/// How the line being typed lies on the screen.
struct TypingLayout {
    std::vector<std::string> rows;
    std::size_t cursor_row = 0;
    std::size_t cursor_column = 0;
};

/// Lays `line` out after a prompt of two columns, in rows of at most `columns` - 1, and shows
/// `most_rows` of them around the cursor.
[[nodiscard]] TypingLayout lay_out(const EditedLine& line, std::size_t columns,
                                   std::size_t most_rows);

/// The last rows of the screen: the line being typed, and below it one row of status. What happens
/// is printed above, so that it goes by as on any terminal, and can be scrolled back to.
class TypingArea {
public:
    /// What stands before the line: two columns, and codes that colour them.
    explicit TypingArea(std::string prompt) : prompt_(std::move(prompt)) {}

    /// Gives what draws the area with this in it, wherever the cursor was in it before. `status`
    /// is a text without control characters, and is cut at the width; `dim` draws it.
    [[nodiscard]] std::string draw(const EditedLine& line, std::string_view status, bool dim);

    /// Gives what takes the area away; the cursor is then where the area began.
    [[nodiscard]] std::string erase();

private:
    std::string prompt_;
    std::size_t cursor_row_ = 0;
};

}  // namespace longwire::cli
