#include "cli/secret.hpp"

#include "cli/exit_code.hpp"

#include <fcntl.h>
#include <fmt/core.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <system_error>
#include <utility>

namespace longwire::cli {

namespace {

constexpr std::size_t max_secret_file = 65536;
constexpr std::size_t max_password = 1024;

std::string words_of(int number) {
    return std::generic_category().message(number);
}

class OpenFile {
public:
    OpenFile(const char* path, int flags) noexcept : descriptor_(::open(path, flags | O_CLOEXEC)) {}
    ~OpenFile() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    [[nodiscard]] int number() const noexcept { return descriptor_; }

private:
    int descriptor_;
};

/// One line of a terminal that hands on every key, Ctrl-C too: the process must not end while the
/// terminal shows nothing. Nothing where it was given up.
std::optional<std::string> read_line(int terminal) {
    std::string line;
    for (char key = 0; ::read(terminal, &key, 1) == 1;) {
        if (key == '\n' || key == '\r') return line;
        if (key == 3 || key == 4) return std::nullopt;
        if (key == 21)
            line.clear();
        else if (key != 127 && key != 8 && line.size() < max_password)
            line += key;
        else if (!line.empty())
            line.pop_back();
    }
    return std::nullopt;
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t most) {
    const OpenFile file(path.c_str(), O_RDONLY);
    if (file.number() < 0)
        return failure(ErrorCode::system, fmt::format("cannot read {}: {}", path, words_of(errno)));
    std::string text;
    std::array<char, 65536> buffer = {};
    for (;;) {
        const auto size = ::read(file.number(), buffer.data(), buffer.size());
        if (size == 0) return text;
        if (size < 0 && errno == EINTR) continue;
        if (size < 0)
            return failure(ErrorCode::system,
                           fmt::format("cannot read {}: {}", path, words_of(errno)));
        text.append(buffer.data(), static_cast<std::size_t>(size));
        if (text.size() > most)
            return failure(ErrorCode::invalid_argument,
                           fmt::format("{} has more than {} bytes", path, most));
    }
}

Result<std::string> secret_value(std::string_view given, std::string_view option) {
    if (given.starts_with('@')) {
        auto text = read_file(std::string(given.substr(1)), max_secret_file);
        if (!text)
            return failure(text.error().code(),
                           fmt::format("{}: {}", option, text.error().message()));
        text->resize(std::min(text->find_first_of("\r\n"), text->size()));
        return text;
    }
    if (given.starts_with("env:")) {
        const std::string name(given.substr(4));
        // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets any
        const char* const value = std::getenv(name.c_str());
        if (value == nullptr)
            return failure(ErrorCode::invalid_argument,
                           fmt::format("{}: the environment has no variable {}", option, name));
        return std::string(value);
    }
    return std::string(given);
}

int exit_code_of_input(const Error& error) noexcept {
    return error.code() == ErrorCode::system ? input_failed : usage;
}

Result<std::string> ask_password(std::string_view question) {
    const OpenFile terminal("/dev/tty", O_RDWR);
    termios before = {};
    if (terminal.number() < 0 || tcgetattr(terminal.number(), &before) != 0)
        return failure(ErrorCode::invalid_argument,
                       "there is no terminal to ask for the password on; write --user "
                       "USER:PASSWORD, --user @FILE or --user env:NAME");
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO | ICANON | ISIG);
    tcsetattr(terminal.number(), TCSAFLUSH, &silent);
    [[maybe_unused]] auto written = ::write(terminal.number(), question.data(), question.size());
    auto password = read_line(terminal.number());
    tcsetattr(terminal.number(), TCSAFLUSH, &before);
    written = ::write(terminal.number(), "\n", 1);
    if (!password) return failure(ErrorCode::cancelled, "no password was given");
    return std::move(*password);
}

}  // namespace longwire::cli
