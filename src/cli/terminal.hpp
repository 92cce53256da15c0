#pragma once

#include <termios.h>

#include <cstddef>
#include <string_view>

namespace longwire::cli {

/// The terminal on standard input and output, which is put back as it was found.
class Terminal {
public:
    struct Size {
        std::size_t columns = 80;
        std::size_t rows = 24;
    };

    /// Whether both are one, so that a person can be talked with.
    [[nodiscard]] static bool is_there();
    /// Whether it can do more than print one line below the other (TERM is set, and not "dumb").
    [[nodiscard]] static bool can_move();

    Terminal();
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    /// No less than 10 columns; 80 by 24 where there is none.
    [[nodiscard]] static Size size() noexcept;
    static void write(std::string_view bytes) noexcept;

    /// Marks pasted text, so that its line breaks do not send it.
    void mark_pastes();
    /// Stops this process as Ctrl-Z does, with the terminal as it was found; returns when it goes
    /// on, with the terminal as it was left.
    void suspend();
    /// Puts the terminal back now.
    void restore() noexcept;

private:
    termios found_ = {};
    bool known_;
    bool marks_pastes_ = false;
};

}  // namespace longwire::cli
