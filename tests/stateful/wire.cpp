#include "wire.hpp"

#include "finding.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace longwire::stateful {

namespace {

// Nobody waits for so much; a server that sends more than it was asked for must not fill memory.
constexpr std::size_t most_read = std::size_t{8} * 1024 * 1024;

}  // namespace

void Wires::turn(int longest_wait_ms) {
    std::vector<pollfd> polled;
    std::vector<Wire*> of_polled;
    for (Wire* const wire : wires_) {
        if (wire->socket_ < 0) continue;
        const bool reads = wire->reads_ && wire->in.size() < most_read;
        const bool writes = !wire->out_.empty() || wire->finishing_;
        const auto events = static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0));
        if (events == 0) continue;
        polled.push_back({.fd = wire->socket_, .events = events, .revents = 0});
        of_polled.push_back(wire);
    }
    if (::poll(polled.data(), polled.size(), longest_wait_ms) <= 0) return;
    for (std::size_t index = 0; index < polled.size(); ++index) {
        const auto came = polled[index].revents;
        if (came == 0) continue;
        if ((came & POLLOUT) != 0) of_polled[index]->flush();
        if ((came & (POLLIN | POLLHUP | POLLERR)) != 0) of_polled[index]->receive();
    }
}

Wire::Wire(Wires& wires, int receive_buffer) : wires_(wires) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) found("the test has no descriptor left for a socket");
    if (receive_buffer > 0) {
        setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        // (What a sender's system keeps goes by the size of a segment, and loopback's are large.)
        const int segment = 536;
        setsockopt(socket_, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof segment);
    }
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(wires.port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int done = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    if (done != 0 && errno != EINPROGRESS) close();
    wires_.wires_.push_back(this);
}

Wire::~Wire() {
    close();
    std::erase(wires_.wires_, this);
}

void Wire::send(std::string_view bytes) {
    if (ended_ || socket_ < 0) return;
    out_ += bytes;
    flush();
}

void Wire::close() noexcept {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
    ended_ = true;
    out_.clear();
}

void Wire::reset() noexcept {
    const linger now = {.l_onoff = 1, .l_linger = 0};
    if (socket_ >= 0) setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
}

void Wire::flush() {
    while (!out_.empty()) {
        const ssize_t sent = ::send(socket_, out_.data(), out_.size(), MSG_NOSIGNAL);
        if (sent < 0) {
            // (Not connected yet: it will be.)
            if (errno != EAGAIN && errno != ENOTCONN && errno != EINTR) out_.clear();
            return;
        }
        out_.erase(0, static_cast<std::size_t>(sent));
    }
    if (finishing_) ::shutdown(socket_, SHUT_WR);
    finishing_ = false;
}

void Wire::receive() {
    std::array<char, 65536> buffer = {};
    while (reads_ && in.size() < most_read) {
        const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
        if (got > 0) {
            in.append(buffer.data(), static_cast<std::size_t>(got));
            continue;
        }
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
        return close();
    }
}

}  // namespace longwire::stateful
