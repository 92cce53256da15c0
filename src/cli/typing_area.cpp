#include "cli/typing_area.hpp"

#include "cli/characters.hpp"
#include "cli/terminal.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace longwire::cli {

namespace {

constexpr std::size_t prompt_width = 2;
constexpr std::string_view continued = "  ";

std::string shown(wchar_t letter) {
    const auto code = static_cast<char32_t>(letter);
    if (code == '\t') return "  ";
    if (steers(code)) return spelled_out(code);
    return to_utf8(std::wstring_view(&letter, 1));
}

/// The text that fits into `columns`.
std::string_view cut(std::string_view text, std::size_t columns) {
    std::size_t place = 0;
    std::size_t taken = 0;
    while (place < text.size()) {
        const Character character = character_at(text, place);
        const std::size_t width = columns_of(character.code);
        if (taken + width > columns) break;
        taken += width;
        place += character.size;
    }
    return text.substr(0, place);
}

/// Keeps the `most` rows that are nearest to the cursor's.
void keep_near_cursor(TypingLayout& layout, std::size_t most) {
    if (layout.rows.size() <= most) return;
    const std::size_t first = std::min(layout.cursor_row - std::min(layout.cursor_row, most / 2),
                                       layout.rows.size() - most);
    const auto begin = layout.rows.begin() + static_cast<std::ptrdiff_t>(first);
    layout.rows = std::vector<std::string>(begin, begin + static_cast<std::ptrdiff_t>(most));
    layout.cursor_row -= first;
}

}  // namespace

TypingLayout lay_out(const EditedLine& line, std::size_t columns, std::size_t most_rows) {
    const std::size_t width = std::max<std::size_t>(columns, prompt_width + 4) - 1;
    TypingLayout layout;
    layout.rows.emplace_back();
    std::size_t column = prompt_width;
    const auto mark = [&](std::size_t index) {
        if (index != line.cursor) return;
        layout.cursor_row = layout.rows.size() - 1;
        layout.cursor_column = column;
    };
    for (std::size_t index = 0; index < line.text.size(); ++index) {
        if (line.text[index] == L'\n') {
            mark(index);
            layout.rows.emplace_back(continued);
            column = prompt_width;
            continue;
        }
        const std::string text = shown(line.text[index]);
        const std::size_t wide = columns_of(text);
        if (column + wide > width) {
            layout.rows.emplace_back(continued);
            column = prompt_width;
        }
        mark(index);
        layout.rows.back() += text;
        column += wide;
    }
    mark(line.text.size());
    keep_near_cursor(layout, std::max<std::size_t>(most_rows, 1));
    return layout;
}

std::string TypingArea::draw(const EditedLine& line, std::string_view status, bool dim) {
    const Terminal::Size size = Terminal::size();
    const bool with_status = !status.empty() && size.rows > 3;
    const TypingLayout layout =
        lay_out(line, size.columns, std::max<std::size_t>(size.rows, 4) - 2);
    std::string drawn = cursor_row_ > 0 ? fmt::format("\r\x1b[{}A", cursor_row_) : "\r";
    drawn += prompt_;
    for (std::size_t row = 0; row < layout.rows.size(); ++row) {
        if (row > 0) drawn += "\n";
        drawn += layout.rows[row];
        drawn += "\x1b[K";
    }
    std::size_t below = layout.rows.size() - 1 - layout.cursor_row;
    if (with_status) {
        const std::string_view fitting = cut(status, size.columns - 1);
        drawn += "\n";
        drawn += dim ? fmt::format("\x1b[2m{}\x1b[0m", fitting) : std::string(fitting);
        drawn += "\x1b[K";
        ++below;
    }
    drawn += "\x1b[J\r";
    if (below > 0) drawn += fmt::format("\x1b[{}A", below);
    drawn += fmt::format("\x1b[{}C", layout.cursor_column);
    cursor_row_ = layout.cursor_row;
    return drawn;
}

std::string TypingArea::erase() {
    const std::size_t up = std::exchange(cursor_row_, 0);
    return up > 0 ? fmt::format("\r\x1b[{}A\x1b[J", up) : "\r\x1b[J";
}

}  // namespace longwire::cli
