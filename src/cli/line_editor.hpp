#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace longwire::cli {

/// The line being typed: what is shown, and where the cursor stands in it.
struct EditedLine {
    std::wstring text;
    std::size_t cursor = 0;
};

/// Reads keys from the terminal on standard input and edits a line with them, as libedit does it
/// (~/.editrc counts). It draws nothing: the line is there to be drawn by someone else. It lives
/// on a thread of its own, because libedit waits within a key of several bytes, as Escape begins
/// one, and within a search.
class LineEditor {
public:
    /// `history`: the oldest first. The terminal is in raw mode (with its signals) from here on,
    /// and as it was once this object is gone.
    explicit LineEditor(const std::vector<std::string>& history);
    ~LineEditor();
    LineEditor(const LineEditor&) = delete;
    LineEditor& operator=(const LineEditor&) = delete;

    /// Readable when something has changed; `acknowledge` ends that.
    [[nodiscard]] int descriptor() const noexcept;
    void acknowledge() noexcept;

    /// Whether it takes the marks around pasted text.
    [[nodiscard]] bool knows_pastes() const noexcept;
    [[nodiscard]] EditedLine line() const;
    /// The next line that was entered (UTF-8), without the line break at its end.
    [[nodiscard]] std::optional<std::string> take();
    /// What Tab could have made of the line, if that was more than one thing; then no more.
    [[nodiscard]] std::vector<std::string> take_choices();
    /// Whether nothing more will come (Ctrl-D, or the terminal is gone).
    [[nodiscard]] bool ended() const;

private:
    class Thread;
    std::unique_ptr<Thread> thread_;
};

}  // namespace longwire::cli
