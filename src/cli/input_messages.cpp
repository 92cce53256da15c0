#include "cli/input_messages.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace longwire::cli {

Readable InputMessages::more() noexcept {
    return readable(STDIN_FILENO);
}

std::optional<std::string> InputMessages::take() {
    if (finished_) return std::nullopt;
    if (cut_ == Cut::lines) {
        if (auto line = take_line()) return line;
    } else if (ended_) {
        finished_ = true;
        return std::move(pending_);
    }
    too_large_ = pending_.size() - place_ > max_size;
    finished_ = ended_ || too_large_;
    return std::nullopt;
}

std::optional<std::string> InputMessages::take_line() {
    const std::size_t end = pending_.find('\n', searched_);
    if (end == std::string::npos && (!ended_ || place_ == pending_.size())) {
        pending_.erase(0, std::exchange(place_, 0));
        searched_ = pending_.size();
        return std::nullopt;
    }
    std::string line = pending_.substr(place_, end == std::string::npos ? end : end - place_);
    place_ = end == std::string::npos ? pending_.size() : end + 1;
    searched_ = place_;
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

/// What has come whole before is still a message; what has not is none.
void InputMessages::fail(int error) {
    failure_ = error;
    ended_ = true;
    if (cut_ == Cut::nowhere) {
        pending_.clear();
        finished_ = true;
    } else if (const std::size_t end = pending_.rfind('\n'); end == std::string::npos) {
        pending_.clear();
        place_ = searched_ = 0;
    } else {
        pending_.resize(end + 1);
        searched_ = std::min(searched_, pending_.size());
    }
}

void InputMessages::read() {
    if (finished_) return;
    std::array<char, 65536> buffer = {};
    const auto size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size > 0)
        pending_.append(buffer.data(), static_cast<std::size_t>(size));
    else if (size == 0)
        ended_ = true;
    else if (errno != EAGAIN && errno != EINTR)
        fail(errno);
}

}  // namespace longwire::cli
