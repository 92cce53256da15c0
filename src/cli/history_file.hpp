#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::cli {

/// What was typed on the terminal, kept from one run to the next in a file that nobody else may
/// read: $XDG_STATE_HOME/longwire/history, or ~/.local/state/longwire/history. Where it cannot be
/// read or written, nothing is kept, and nothing else happens.
class HistoryFile {
public:
    static constexpr std::size_t max_lines = 1000;
    static constexpr std::size_t max_line_size = 16384;

    /// Brings the file down to `max_lines` if it has become more than twice as long.
    HistoryFile();
    explicit HistoryFile(std::string path);

    /// The latest lines as they were at the beginning, the oldest first.
    [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }

    /// Adds a line that `is_kept`, after what other runs may have added.
    void add(const std::string& line);

    /// Not an empty line, one that begins with a space, or one that is too long.
    [[nodiscard]] static bool is_kept(std::string_view line) noexcept;

private:
    void read();
    void shorten() const;

    std::string path_;
    std::vector<std::string> lines_;
    std::string latest_;
};

}  // namespace longwire::cli
