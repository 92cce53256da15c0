#include "cli/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>

namespace longwire::cli {

bool Terminal::is_there() {
    return isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0;
}

bool Terminal::can_move() {
    const char* const name = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): nobody sets it
    return name != nullptr && *name != '\0' && std::string_view(name) != "dumb";
}

Terminal::Terminal() : known_(tcgetattr(STDIN_FILENO, &found_) == 0) {}

Terminal::~Terminal() {
    restore();
}

Terminal::Size Terminal::size() noexcept {
    winsize found = {};
    Size size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &found) != 0) return size;
    if (found.ws_col > 0) size.columns = std::max<std::size_t>(found.ws_col, 10);
    if (found.ws_row > 0) size.rows = found.ws_row;
    return size;
}

void Terminal::write(std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        const auto written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
        if (written > 0)
            bytes.remove_prefix(static_cast<std::size_t>(written));
        else if (errno != EINTR && errno != EAGAIN)
            return;
    }
}

void Terminal::mark_pastes() {
    marks_pastes_ = true;
    write("\x1b[?2004h");
}

void Terminal::suspend() {
    termios ours = {};
    const bool kept = tcgetattr(STDIN_FILENO, &ours) == 0;
    const bool marking = marks_pastes_;
    restore();
    std::raise(SIGSTOP);
    if (kept) tcsetattr(STDIN_FILENO, TCSADRAIN, &ours);
    if (marking) mark_pastes();
}

void Terminal::restore() noexcept {
    if (marks_pastes_) write("\x1b[?2004l");
    marks_pastes_ = false;
    if (known_) tcsetattr(STDIN_FILENO, TCSADRAIN, &found_);
}

}  // namespace longwire::cli
