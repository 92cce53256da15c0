#include "net/stream.hpp"

#include "net/address.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace longwire::net {

namespace {

iovec vector_of(std::span<const std::byte> bytes) noexcept {
    // iovec is also used for reading, and so not const; sendmsg does not write through it.
    return {const_cast<std::byte*>(bytes.data()), bytes.size()};
}

}  // namespace

Stream::Stream(Loop& loop, Descriptor socket, Ref<Session> session) noexcept
    : loop_(loop), session_(std::move(session)), socket_(std::move(socket)) {}

Result<Stream*> Stream::open(Loop& loop, Descriptor socket, Ref<Session> session) {
    std::unique_ptr<Stream> owner(new Stream(loop, std::move(socket), std::move(session)));
    Stream* const stream = owner.get();
    stream->interest_ = EPOLLIN | EPOLLRDHUP;
    if (const int error = loop.watch(*stream, stream->socket_.get(), stream->interest_))
        return std::unexpected(
            system_error(ErrorCode::system, "cannot watch a connected socket", error));
    loop.adopt(std::move(owner));
    return stream;
}

std::string Stream::peer() const {
    return Address::peer_of(socket_.get()).to_text();
}

Ref<Session> Stream::exchange_session(Ref<Session> session) noexcept {
    return std::exchange(session_, std::move(session));
}

Backlog& Stream::need_backlog() {
    if (!backlog_) backlog_ = std::make_unique<Backlog>();
    if (!listed_unflushed_ && !awaiting_room_) {
        loop_.unflushed_.push_back(this);
        listed_unflushed_ = true;
    }
    return *backlog_;
}

void Stream::write(std::span<const std::byte> head, std::span<const std::byte> payload) {
    if (phase_ != Phase::open || write_failed_) return;
    if (backlog_ || loop_.gathering_ != this) {
        Backlog& backlog = need_backlog();
        backlog.append(head);
        backlog.append(payload);
        return;
    }
    auto& gathered = loop_.gathered_;
    if (gathered.size() + head.size() + payload.size() <= gather_limit) {
        gathered.insert(gathered.end(), head.begin(), head.end());
        gathered.insert(gathered.end(), payload.begin(), payload.end());
        return;
    }
    const std::array<std::span<const std::byte>, 3> parts = {gathered, head, payload};
    const std::array<iovec, 3> vectors = {vector_of(parts[0]), vector_of(parts[1]),
                                          vector_of(parts[2])};
    std::size_t taken = send_now(vectors);
    if (taken < gathered.size() + head.size() + payload.size()) await_room();
    for (const auto part : parts) {
        if (taken < part.size() && !write_failed_) need_backlog().append(part.subspan(taken));
        taken -= std::min(taken, part.size());
    }
    gathered.clear();
}

void Stream::write_shared(std::shared_ptr<const void> owner, std::span<const std::byte> bytes) {
    if (phase_ != Phase::open || write_failed_) return;
    if (loop_.gathering_ == this) flush_gathered();
    if (!write_failed_) need_backlog().append_shared(std::move(owner), bytes);
}

std::size_t Stream::backlog() const noexcept {
    const std::size_t gathered = loop_.gathering_ == this ? loop_.gathered_.size() : 0;
    return gathered + (backlog_ ? backlog_->size() : 0);
}

std::size_t Stream::send_now(std::span<const iovec> vectors) noexcept {
    msghdr message = {};
    message.msg_iov = const_cast<iovec*>(vectors.data());
    message.msg_iovlen = vectors.size();
    for (;;) {
        const auto sent = sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) return static_cast<std::size_t>(sent);
        if (errno == EINTR) continue;
        // A broken connection is noticed where it is read: what the peer sent before still counts.
        if (errno != EAGAIN && errno != EWOULDBLOCK) write_failed_ = true;
        return 0;
    }
}

void Stream::flush_gathered() noexcept {
    auto& gathered = loop_.gathered_;
    if (gathered.empty()) return;
    const std::span<const std::byte> bytes(gathered);
    const std::array<iovec, 1> vectors = {vector_of(bytes)};
    const std::size_t taken = send_now(vectors);
    if (taken < bytes.size()) await_room();
    if (taken < bytes.size() && !write_failed_) need_backlog().append(bytes.subspan(taken));
    gathered.clear();
}

void Stream::await_room() noexcept {
    awaiting_room_ = !write_failed_;
    update_interest();
}

void Stream::flush() noexcept {
    listed_unflushed_ = false;
    if (phase_ == Phase::ended) return;
    send_backlog();
    after_flush();
}

void Stream::push() noexcept {
    if (phase_ != Phase::open) return;
    if (loop_.gathering_ == this) flush_gathered();
    send_backlog();
}

void Stream::send_backlog() noexcept {
    while (backlog_ && !backlog_->empty() && !write_failed_) {
        std::array<iovec, 64> vectors = {};
        const std::size_t count = backlog_->gather(vectors);
        std::size_t offered = 0;
        for (std::size_t index = 0; index < count; ++index) offered += vectors[index].iov_len;
        const std::size_t taken = send_now(std::span(vectors).first(count));
        backlog_->consume(taken);
        if (taken < offered) return await_room();
    }
}

void Stream::after_flush() noexcept {
    const bool emptied = !backlog_ || backlog_->empty() || write_failed_;
    if (emptied) backlog_.reset();
    const bool drained = emptied && (awaiting_room_ || drained_wanted_);
    if (emptied) awaiting_room_ = drained_wanted_ = false;
    if (emptied && shut_wanted_ && !write_shut_) {
        write_shut_ = true;
        ::shutdown(socket_.get(), SHUT_WR);
    }
    if (phase_ == Phase::finishing && emptied && read_ended_) close();
    update_interest();
    if (drained && phase_ == Phase::open) session_->on_drained();
}

void Stream::update_interest() noexcept {
    if (phase_ == Phase::ended) return;
    std::uint32_t interest = 0;
    if (reading_ && !read_ended_) interest |= EPOLLIN | EPOLLRDHUP;
    if (awaiting_room_) interest |= EPOLLOUT;
    if (interest == interest_) return;
    interest_ = interest;
    loop_.change(*this, socket_.get(), interest);
}

void Stream::pause_reading() noexcept {
    reading_ = false;
    update_interest();
}

void Stream::resume_reading() noexcept {
    reading_ = true;
    update_interest();
}

void Stream::on_ready(std::uint32_t events) {
    if (phase_ == Phase::ended) return;
    loop_.gathering_ = this;
    if ((events & (EPOLLIN | EPOLLRDHUP)) != 0 && reading_ && !read_ended_)
        receive();
    else if ((events & (EPOLLERR | EPOLLHUP)) != 0)
        close(Ending::lost);
    if (phase_ != Phase::ended && (events & EPOLLOUT) != 0 && awaiting_room_) flush();
    // Ended or not, what was said before the end is worth one try.
    flush_gathered();
    loop_.gathering_ = nullptr;
    if (phase_ != Phase::ended && (backlog_ || shut_wanted_ || phase_ == Phase::finishing)) flush();
}

void Stream::receive() {
    const auto buffer = loop_.receive_buffer();
    const auto received = ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (received > 0) {
        if (phase_ == Phase::open)
            session_->on_receive(buffer.first(static_cast<std::size_t>(received)));
        return;
    }
    if (received < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) close(Ending::lost);
        return;
    }
    read_ended_ = true;
    update_interest();
    if (phase_ == Phase::open) session_->on_end();
}

void Stream::on_timer() {
    if (phase_ == Phase::open)
        session_->on_timer();
    else if (phase_ == Phase::finishing && backlog_progressed())
        arm(finish_timeout_);
    else if (phase_ == Phase::finishing)
        close(Ending::timed_out);
}

void Stream::finish(Finish how, std::chrono::milliseconds timeout) noexcept {
    if (phase_ != Phase::open) return;
    phase_ = Phase::finishing;
    reading_ = true;
    shut_wanted_ = how == Finish::shut;
    finish_timeout_ = std::chrono::duration_cast<decltype(finish_timeout_)>(timeout);
    arm(timeout);
    update_interest();
    if (loop_.gathering_ != this) need_backlog();
}

void Stream::close(Ending ending) noexcept {
    if (phase_ == Phase::ended) return;
    phase_ = Phase::ended;
    ending_ = ending;
    disarm();
    loop_.ended_.push_back(this);
}

void Stream::detach() noexcept {
    // Closing the descriptor ends the watch too; no event of this turn is left to handle.
    socket_.reset();
    const Ref<Session> session = std::exchange(session_, {});
    session->on_closed(ending_);
}

}  // namespace longwire::net
