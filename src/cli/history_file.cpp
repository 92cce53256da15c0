#include "cli/history_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

namespace longwire::cli {

namespace {

namespace fs = std::filesystem;

std::string usual_path() {
    // NOLINTBEGIN(concurrency-mt-unsafe): nobody sets any
    const char* const state = std::getenv("XDG_STATE_HOME");
    if (state != nullptr && *state == '/') return std::string(state) + "/longwire/history";
    const char* const home = std::getenv("HOME");
    // NOLINTEND(concurrency-mt-unsafe)
    if (home == nullptr || *home != '/') return {};
    return std::string(home) + "/.local/state/longwire/history";
}

/// A typed line may have several lines; in the file it has one.
std::string escaped(std::string_view line) {
    std::string written;
    for (const char letter : line) {
        if (letter == '\\')
            written += "\\\\";
        else if (letter == '\n')
            written += "\\n";
        else
            written += letter;
    }
    return written;
}

std::string unescaped(std::string_view written) {
    std::string line;
    for (std::size_t place = 0; place < written.size(); ++place) {
        const bool escape = written[place] == '\\' && place + 1 < written.size();
        if (!escape)
            line += written[place];
        else
            line += written[++place] == 'n' ? '\n' : written[place];
    }
    return line;
}

bool write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto size = ::write(descriptor, bytes.data(), bytes.size());
        if (size <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(size));
    }
    return true;
}

}  // namespace

HistoryFile::HistoryFile() : HistoryFile(usual_path()) {}

HistoryFile::HistoryFile(std::string path) : path_(std::move(path)) {
    if (!path_.empty()) read();
    if (!lines_.empty()) latest_ = lines_.back();
}

bool HistoryFile::is_kept(std::string_view line) noexcept {
    return !line.empty() && !line.starts_with(' ') && line.size() <= max_line_size;
}

void HistoryFile::read() {
    // A device or a pipe in its place would never end.
    std::error_code error;
    if (!fs::is_regular_file(path_, error)) return;
    std::ifstream file(path_);
    std::size_t count = 0;
    for (std::string written; std::getline(file, written); ++count) {
        if (written.size() > 2 * max_line_size) continue;
        if (lines_.size() == 2 * max_lines)
            lines_.erase(lines_.begin(), lines_.begin() + max_lines);
        lines_.push_back(unescaped(written));
    }
    if (lines_.size() > max_lines)
        lines_.erase(lines_.begin(), lines_.end() - static_cast<std::ptrdiff_t>(max_lines));
    if (count > 2 * max_lines) shorten();
}

void HistoryFile::shorten() const {
    const std::string beside = path_ + "." + std::to_string(getpid());
    const int descriptor =
        ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) return;
    std::string all;
    for (const std::string& line : lines_) all += escaped(line) + "\n";
    const bool written = write_all(descriptor, all);
    ::close(descriptor);
    if (!written || ::rename(beside.c_str(), path_.c_str()) != 0) ::unlink(beside.c_str());
}

void HistoryFile::add(const std::string& line) {
    if (!is_kept(line) || path_.empty()) return;
    if (std::exchange(latest_, line) == line) return;
    std::error_code error;
    fs::create_directories(fs::path(path_).parent_path(), error);
    const int descriptor =
        ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0600);
    if (descriptor < 0) return;
    // It may have come from elsewhere with another mode.
    if (::fchmod(descriptor, 0600) == 0) write_all(descriptor, escaped(line) + "\n");
    ::close(descriptor);
}

}  // namespace longwire::cli
