#include "net/listener.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

namespace longwire::net {

namespace {

constexpr int backlog = 4096;  // the kernel caps it at net.core.somaxconn
constexpr int accepts_a_turn = 64;
constexpr std::string_view unix_prefix = "unix:";
constexpr std::chrono::milliseconds pause_when_exhausted{100};

ErrorCode code_of(int error) noexcept {
    switch (error) {
        case EADDRINUSE:
            return ErrorCode::address_in_use;
        case EADDRNOTAVAIL:
            return ErrorCode::address_not_available;
        case EACCES:
        case EPERM:
            return ErrorCode::permission_denied;
        default:
            return ErrorCode::listen_failed;
    }
}

Failure listen_error(const Address& address, int error) {
    const std::string where = address.to_text();
    std::string message = "cannot listen on " + where + ": " + describe_errno(error);
    if (error == EADDRINUSE)
        message += address.family() == AF_UNIX
                       ? "; another program listens there"
                       : "; another program listens on port " + std::to_string(address.port());
    return failure(code_of(error), std::move(message));
}

// A socket file outlives the process that made it. One that nobody answers at may be replaced.
void remove_dead_socket(const Address& address, const std::string& path) {
    struct stat status = {};
    if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return;
    const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (probe && ::connect(probe.get(), address.data(), address.size()) != 0 &&
        errno == ECONNREFUSED)
        ::unlink(path.c_str());
}

}  // namespace

Listener::Listener(Loop& loop, Descriptor socket, std::string unix_path)
    : loop_(loop),
      socket_(std::move(socket)),
      address_(Address::local_of(socket_.get())),
      unix_path_(std::move(unix_path)) {}

Listener::~Listener() {
    stop();
}

void Listener::own_file() {
    const std::string name = address_.to_text();
    if (name.starts_with(unix_prefix)) unix_path_ = name.substr(unix_prefix.size());
}

Result<std::unique_ptr<Listener>> Listener::open(Loop& loop, const Address& address,
                                                 std::optional<unsigned> mode) {
    Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return listen_error(address, errno);
    const int on = 1;
    std::string unix_path;
    if (address.family() == AF_UNIX) {
        unix_path = address.to_text().substr(unix_prefix.size());
        remove_dead_socket(address, unix_path);
    } else {
        setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        // Inherited by every socket that is accepted.
        setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    if (::bind(socket.get(), address.data(), address.size()) != 0)
        return listen_error(address, errno);
    if ((!unix_path.empty() && mode && ::chmod(unix_path.c_str(), *mode) != 0) ||
        ::listen(socket.get(), backlog) != 0) {
        auto error = listen_error(address, errno);
        if (!unix_path.empty()) ::unlink(unix_path.c_str());
        return error;
    }
    return std::unique_ptr<Listener>(new Listener(loop, std::move(socket), std::move(unix_path)));
}

Result<std::unique_ptr<Listener>> Listener::adopt(Loop& loop, Descriptor socket) {
    const auto option = [&](int name) {
        int value = 0;
        socklen_t size = sizeof value;
        return getsockopt(socket.get(), SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
    };
    if (option(SO_ACCEPTCONN) != 1 || option(SO_TYPE) != SOCK_STREAM)
        return failure(ErrorCode::invalid_argument,
                       "the descriptor " + std::to_string(socket.get()) +
                           " is not a listening stream socket; the program that starts this one "
                           "must pass one");
    const int number = socket.get();
    ::fcntl(number, F_SETFD, FD_CLOEXEC);
    ::fcntl(number, F_SETFL, ::fcntl(number, F_GETFL) | O_NONBLOCK);
    const int on = 1;
    setsockopt(number, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // (of a Unix socket: nothing)
    return std::unique_ptr<Listener>(new Listener(loop, std::move(socket), {}));
}

void Listener::start(Accept accept, Exhausted exhausted) {
    accept_ = std::move(accept);
    exhausted_ = std::move(exhausted);
    keep_spare();
    loop_.watch(*this, socket_.get(), EPOLLIN);
}

void Listener::stop() noexcept {
    if (!socket_) return;
    disarm();
    loop_.unwatch(*this, socket_.get());
    socket_.reset();
    spare_.reset();
    if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
}

void Listener::on_ready(std::uint32_t /*events*/) {
    // Bounded, so that a flood of new connections does not keep the open ones waiting.
    for (int count = 0; count < accepts_a_turn && socket_; ++count) {
        sockaddr_storage peer = {};
        socklen_t size = sizeof peer;
        Descriptor accepted(::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&peer), &size,
                                      SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (accepted) {
            accept_(std::move(accepted), Address(reinterpret_cast<const sockaddr*>(&peer), size));
            continue;
        }
        if (errno == ECONNABORTED || errno == EINTR) continue;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            const Waiting waiting = turn_one_away();
            if (waiting == Waiting::one_less) continue;
            if (waiting == Waiting::nobody) return;
            exhausted_({});
            if (!socket_) return;
            loop_.unwatch(*this, socket_.get());
            loop_.arm(*this, pause_when_exhausted);
        }
        return;
    }
}

void Listener::keep_spare() noexcept {
    if (!spare_) spare_ = Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

/// Nobody who waits in the queue learns why. (And whether anybody does, the system says only to
/// those who have a descriptor for them.)
Listener::Waiting Listener::turn_one_away() {
    if (!spare_) return Waiting::unknown;
    spare_.reset();
    Descriptor accepted(::accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    const bool nobody = !accepted && (errno == EAGAIN || errno == EWOULDBLOCK);
    const bool found = static_cast<bool>(accepted);
    if (found) exhausted_(std::move(accepted));
    keep_spare();
    if (nobody) return Waiting::nobody;
    return found ? Waiting::one_less : Waiting::unknown;
}

void Listener::on_timer() {
    keep_spare();
    loop_.watch(*this, socket_.get(), EPOLLIN);
}

}  // namespace longwire::net
