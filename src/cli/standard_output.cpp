#include "cli/standard_output.hpp"

#include <longwire/run.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace longwire::cli {

namespace {

constexpr std::size_t much = std::size_t{1} << 20;

// What poll says is writable takes this much without blocking (PIPE_BUF).
constexpr std::size_t piece = 4096;

bool is_writable() {
    pollfd asked = {.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
    return ::poll(&asked, 1, 0) > 0;
}

}  // namespace

StandardOutput::StandardOutput() : writable_(epoll_create1(EPOLL_CLOEXEC)) {
    epoll_event event = {.events = EPOLLOUT, .data = {}};
    // A plain file is refused, and always writable.
    if (epoll_ctl(writable_, EPOLL_CTL_ADD, STDOUT_FILENO, &event) == 0) return;
    ::close(writable_);
    writable_ = -1;
}

StandardOutput::~StandardOutput() {
    if (writable_ >= 0) ::close(writable_);
}

void StandardOutput::put(std::string_view bytes) {
    if (unread_) return;
    waiting_ += bytes;
    write_some();
    if (unread_ || !waiting_.empty()) changed_.announce();
}

void StandardOutput::write_some() {
    while (place_ < waiting_.size() && (writable_ < 0 || is_writable())) {
        const std::size_t left = waiting_.size() - place_;
        const auto size = ::write(STDOUT_FILENO, waiting_.data() + place_,
                                  writable_ < 0 ? left : std::min(left, piece));
        if (size >= 0) {
            place_ += static_cast<std::size_t>(size);
        } else if (errno == EAGAIN) {
            break;
        } else if (errno != EINTR) {
            if (errno != EPIPE) failure_ = errno;
            unread_ = true;
            place_ = waiting_.size();
        }
    }
    if (place_ == waiting_.size()) {
        waiting_.clear();
        place_ = 0;
    } else if (place_ > much) {
        waiting_.erase(0, place_);
        place_ = 0;
    }
}

Task<> StandardOutput::serve() {
    while (!unread_) {
        if (waiting_.empty()) {
            co_await changed_.change();
            continue;
        }
        co_await readable(writable_);
        write_some();
        changed_.announce();
    }
}

Task<> StandardOutput::unread() {
    struct stat found = {};
    const bool one_way = fstat(STDOUT_FILENO, &found) == 0 && S_ISFIFO(found.st_mode) &&
                         (fcntl(STDOUT_FILENO, F_GETFL) & O_ACCMODE) == O_WRONLY;
    // The end that writes to a pipe becomes readable only by the other end's going.
    if (one_way)
        co_await readable(STDOUT_FILENO);
    else
        while (!unread_) co_await changed_.change();
    unread_ = true;
    changed_.announce();
}

bool StandardOutput::is_full() const noexcept {
    return !unread_ && waiting_.size() - place_ > much;
}

Task<> StandardOutput::empty() {
    while (!unread_ && !waiting_.empty()) co_await changed_.change();
}

}  // namespace longwire::cli
