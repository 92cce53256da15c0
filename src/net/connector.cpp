#include "net/connector.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace longwire::net {

Connector::Connector(Loop& loop, std::vector<Address> addresses, Done done)
    : loop_(loop), addresses_(std::move(addresses)), done_(std::move(done)) {}

Connector::~Connector() {
    if (watched_) loop_.unwatch(*this, socket_.get());
}

void Connector::start() {
    try_next();
}

void Connector::try_next() {
    while (next_ < addresses_.size()) {
        const Address& address = addresses_[next_++];
        socket_ =
            Descriptor(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
        if (!socket_) {
            last_error_ = errno;
            continue;
        }
        const int on = 1;
        if (address.family() != AF_UNIX)
            setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        const int status = ::connect(socket_.get(), address.data(), address.size());
        if (status != 0 && errno != EINPROGRESS) {
            last_error_ = errno;
            continue;
        }
        // Also one that is connected at once is reported by the loop, never before we return.
        watched_ = loop_.watch(*this, socket_.get(), EPOLLOUT) == 0;
        if (watched_) return;
        last_error_ = errno;
    }
    std::string message = "cannot connect to ";
    message += addresses_.empty() ? "any address" : addresses_.back().to_text();
    message += ": " + describe_errno(last_error_);
    const bool refused = last_error_ == ECONNREFUSED || last_error_ == ENOENT;
    if (refused) message += "; is the server running there?";
    settle(failure(refused ? ErrorCode::connection_refused : ErrorCode::connection_failed,
                   std::move(message)));
}

void Connector::on_ready(std::uint32_t /*events*/) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    loop_.unwatch(*this, socket_.get());
    watched_ = false;
    if (error == 0) {
        settle(std::move(socket_));
        return;
    }
    last_error_ = error;
    try_next();
}

void Connector::settle(Result<Descriptor> result) {
    const auto done = std::exchange(done_, {});
    done(std::move(result));
}

}  // namespace longwire::net
