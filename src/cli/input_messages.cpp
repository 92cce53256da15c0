#include "cli/input_messages.hpp"

#include <unistd.h>

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

void InputMessages::read() {
    if (finished_) return;
    std::array<char, 65536> buffer = {};
    const auto size = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (size > 0)
        pending_.append(buffer.data(), static_cast<std::size_t>(size));
    else if (size == 0 || (errno != EAGAIN && errno != EINTR))
        ended_ = true;
}

}  // namespace longwire::cli
