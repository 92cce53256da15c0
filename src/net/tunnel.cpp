#include "net/tunnel.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <span>
#include <utility>

namespace longwire::net {

Tunnel::Tunnel(Loop& loop, Descriptor socket, std::unique_ptr<Dialogue> dialogue, Done done)
    : loop_(loop),
      socket_(std::move(socket)),
      dialogue_(std::move(dialogue)),
      done_(std::move(done)) {}

Tunnel::~Tunnel() {
    if (watched_) loop_.unwatch(*this, socket_.get());
}

void Tunnel::start() {
    unsent_ = dialogue_->begin();
    if (const int error = loop_.watch(*this, socket_.get(), EPOLLIN); error != 0) {
        settle(Failure(system_error(ErrorCode::system, "cannot watch a socket", error)));
        return;
    }
    watched_ = true;
    advance();
}

void Tunnel::on_ready(std::uint32_t events) {
    // What was said before the end is worth hearing.
    if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
        receive();
    else
        advance();
}

void Tunnel::on_timer() {
    (void)conclude();
}

bool Tunnel::conclude() {
    if (!refused_ || !done_) return false;
    settle(Failure(dialogue_->cut_off()));
    return true;
}

bool Tunnel::send_unsent() {
    while (!unsent_.empty()) {
        const auto sent = ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (sent <= 0) return false;
        unsent_.erase(0, static_cast<std::size_t>(sent));
    }
    loop_.change(*this, socket_.get(), unsent_.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
    return true;
}

void Tunnel::receive() {
    const auto buffer = loop_.receive_buffer();
    const auto received = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return;
    if (received <= 0) {
        settle(Failure(dialogue_->ended()));
        return;
    }
    auto progress = dialogue_->receive(buffer.first(static_cast<std::size_t>(received)));
    if (!progress) {
        settle(Failure(std::move(progress.error())));
        return;
    }
    unsent_ += progress->answer;
    open_ = progress->done;
    if (progress->refused && !std::exchange(refused_, true)) loop_.arm(*this, patience);
    advance();
}

void Tunnel::advance() {
    if (!send_unsent())
        settle(Failure(dialogue_->ended()));
    else if (open_ && unsent_.empty())
        settle(std::move(socket_));
}

void Tunnel::settle(Result<Descriptor> result) {
    disarm();
    const int number = result ? result->get() : socket_.get();
    if (std::exchange(watched_, false)) loop_.unwatch(*this, number);
    const auto done = std::exchange(done_, {});
    done(std::move(result));
}

}  // namespace longwire::net
