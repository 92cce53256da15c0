#include "net/stream.hpp"

#include "net/address.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <type_traits>
#include <utility>

namespace longwire::net {

namespace {

iovec vector_of(std::span<const std::byte> bytes) noexcept {
    // iovec is also used for reading, and so not const; sendmsg does not write through it.
    return {const_cast<std::byte*>(bytes.data()), bytes.size()};
}

std::span<const std::byte> bytes_of(const iovec& vector) noexcept {
    return {static_cast<const std::byte*>(vector.iov_base), vector.iov_len};
}

constexpr std::uint32_t input = EPOLLIN | EPOLLRDHUP;
constexpr std::byte tls_handshake_record{0x16};
constexpr std::size_t worth_sending = std::size_t{8} * 1024;
// For a client to read why its TLS handshake failed.
constexpr std::chrono::milliseconds alert_time{1000};
// Answers to a peer that reads nothing; above all that one flush of messages can leave.
constexpr std::size_t most_unsent = std::size_t{512} * 1024;

}  // namespace

Stream::Stream(Loop& loop, Descriptor socket, Ref<Session> session) noexcept
    : socket_(std::move(socket)), loop_(loop), session_(std::move(session)) {}

Result<Stream*> Stream::open(Loop& loop, Descriptor socket, Ref<Session> session,
                             std::unique_ptr<TlsChannel> tls) {
    std::unique_ptr<Stream> owner(new Stream(loop, std::move(socket), std::move(session)));
    Stream* const stream = owner.get();
    if (tls) stream->need_outgoing().tls = std::move(tls);
    if (const int error = loop.watch(*stream, stream->socket_.get(), input))
        return Failure(system_error(ErrorCode::system, "cannot watch a connected socket", error));
    loop.adopt(std::move(owner));
    if (TlsChannel* const channel = stream->tls_channel();
        channel != nullptr && !channel->is_server()) {
        loop.sealed_.clear();
        channel->start(loop.sealed_);
        stream->send_sealed();
    }
    return stream;
}

Stream& Stream::open(Loop& loop, std::unique_ptr<Carrier> carrier, Ref<Session> session) {
    std::unique_ptr<Stream> owner(new Stream(loop, Descriptor(), std::move(session)));
    Stream& stream = *owner;
    stream.need_outgoing().carrier = std::move(carrier);
    loop.adopt(std::move(owner));
    stream.carrier().attach(stream);
    stream.carrier().watch(true, false);
    return stream;
}

void Stream::carrier_ready(bool input_there, bool room) {
    on_ready((input_there ? input : 0U) | (room ? EPOLLOUT : 0U));
}

std::string Stream::peer() const {
    if (is_carried()) return carrier().peer();
    return Address::peer_of(socket_.get()).to_text();
}

Ref<Session> Stream::exchange_session(Ref<Session> session) noexcept {
    return std::exchange(session_, std::move(session));
}

Outgoing& Stream::need_outgoing() {
    if (!outgoing_) outgoing_ = loop_.take_outgoing();
    return *outgoing_;
}

Backlog& Stream::need_backlog() {
    list_unflushed();
    return need_outgoing().backlog;
}

void Stream::list_unflushed() {
    if (listed_unflushed_ || awaiting_room_) return;
    loop_.unflushed_.push_back(this);
    listed_unflushed_ = true;
}

void Stream::let_go_of_outgoing() noexcept {
    if (!outgoing_) return;
    outgoing_->backlog.clear();
    if (!outgoing_->tls && !outgoing_->carrier && phase_ != Phase::finishing)
        loop_.give_back(std::move(outgoing_));
}

void Stream::write(std::span<const std::byte> head, std::span<const std::byte> payload) {
    if (phase_ != Phase::open || write_failed_) return;
    if (has_backlog() || loop_.gathering_ != this) return need_backlog().append(head, payload);
    GatherBuffer& gathered = loop_.gathered_;
    // What is large costs less to send than to copy and send, unless it is one of several.
    const bool sealed = tls() != nullptr;
    const bool at_once = !sealed && gathered.empty() && payload.size() >= worth_sending &&
                         payload.size() > loop_.received_ / 2;
    if (!at_once && gathered.has_room(head.size() + payload.size())) {
        gathered.append(head);
        gathered.append(payload);
        return;
    }
    if (sealed) {
        flush_gathered();
        return need_backlog().append(head, payload);
    }
    const std::array parts = {gathered.bytes(), head, payload};
    const std::array vectors = {vector_of(parts[0]), vector_of(parts[1]), vector_of(parts[2])};
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

void Stream::send_shared(const std::shared_ptr<const void>& owner,
                         std::span<const std::byte> bytes) {
    const std::size_t taken = send_now(bytes);
    if (taken == bytes.size()) return;
    await_room();
    if (!write_failed_) need_backlog().append_shared(owner, bytes.subspan(taken));
}

std::size_t Stream::backlog() const noexcept {
    const std::size_t gathered = loop_.gathering_ == this ? loop_.gathered_.size() : 0;
    if (!outgoing_) return gathered;
    const TlsChannel* const channel = outgoing_->tls.get();
    return gathered + outgoing_->backlog.size() + (channel ? channel->unsent().size() : 0);
}

std::size_t Stream::sent(ssize_t result) noexcept {
    if (result >= 0) {
        handed_ += static_cast<std::uint32_t>(result);
        return static_cast<std::size_t>(result);
    }
    // A broken connection is noticed where it is read: what the peer sent before still counts.
    if (errno != EAGAIN && errno != EWOULDBLOCK) write_failed_ = true;
    return 0;
}

std::size_t Stream::send_now(std::span<const std::byte> bytes) noexcept {
    if (is_carried()) return sent(carrier().write(bytes));
    for (;;) {
        const auto result =
            ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (result >= 0 || errno != EINTR) return sent(result);
    }
}

std::size_t Stream::send_now(std::span<const iovec> vectors) noexcept {
    if (is_carried()) {
        std::size_t taken = 0;
        for (const iovec& vector : vectors) {
            const std::size_t now = sent(carrier().write(bytes_of(vector)));
            taken += now;
            if (now < vector.iov_len) break;
        }
        return taken;
    }
    msghdr message = {};
    message.msg_iov = const_cast<iovec*>(vectors.data());
    message.msg_iovlen = vectors.size();
    for (;;) {
        const auto result = sendmsg(socket_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (result >= 0 || errno != EINTR) return sent(result);
    }
}

void Stream::flush_gathered() noexcept {
    GatherBuffer& gathered = loop_.gathered_;
    if (gathered.empty()) return;
    auto bytes = gathered.bytes();
    if (const TlsChannel* const channel = tls()) {
        while (!bytes.empty() && channel->established() && channel->unsent().empty() &&
               !has_backlog() && !write_failed_) {
            const std::size_t size = std::min(bytes.size(), seal_limit);
            seal_and_send(bytes.first(size));
            bytes = bytes.subspan(size);
        }
        if (!bytes.empty() && !write_failed_) need_backlog().append(bytes);
    } else {
        const std::size_t taken = send_now(bytes);
        if (taken < bytes.size()) await_room();
        if (taken < bytes.size() && !write_failed_) need_backlog().append(bytes.subspan(taken));
    }
    gathered.clear();
}

void Stream::seal_and_send(std::span<const std::byte> plain) noexcept {
    loop_.sealed_.clear();
    if (!tls_channel()->seal(plain, loop_.sealed_)) write_failed_ = true;
    send_sealed();
}

void Stream::send_sealed() noexcept {
    const std::span<const std::byte> sealed(loop_.sealed_);
    if (sealed.empty()) return;
    TlsChannel& channel = *tls_channel();
    const std::size_t taken = channel.unsent().empty() ? send_now(sealed) : 0;
    if (taken < sealed.size()) {
        channel.keep_unsent(sealed.subspan(taken));
        if (channel.unsent().size() > most_unsent) write_failed_ = true;
        await_room();
    }
    loop_.sealed_.clear();
}

void Stream::send_unsent() noexcept {
    TlsChannel& channel = *outgoing_->tls;
    const auto unsent = channel.unsent();
    if (unsent.empty() || write_failed_) return;
    const std::size_t taken = send_now(unsent);
    channel.consume_unsent(taken);
    if (taken < unsent.size()) await_room();
}

// Sealed is only what the kernel can be offered at once: the rest may still be shared with others.
void Stream::seal_backlog() noexcept {
    send_unsent();
    TlsChannel& channel = *outgoing_->tls;
    Backlog& backlog = outgoing_->backlog;
    while (!backlog.empty() && !write_failed_ && channel.established() &&
           channel.unsent().empty()) {
        std::array<iovec, 16> vectors;  // as many are filled as are read
        const std::size_t count = backlog.gather(vectors);
        std::size_t taken = 0;
        loop_.sealed_.clear();
        for (const iovec& vector : std::span(vectors).first(count)) {
            const std::size_t size = std::min(vector.iov_len, seal_limit - taken);
            const std::span<const std::byte> plain(static_cast<const std::byte*>(vector.iov_base),
                                                   size);
            if (!channel.seal(plain, loop_.sealed_)) write_failed_ = true;
            taken += size;
        }
        backlog.consume(taken);
        send_sealed();
    }
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
    if (!outgoing_) return;
    if (outgoing_->tls) return seal_backlog();
    Backlog& backlog = outgoing_->backlog;
    while (!backlog.empty() && !write_failed_) {
        std::array<iovec, 64> vectors;  // as many are filled as are read
        const auto filled = std::span<const iovec>(vectors).first(backlog.gather(vectors));
        std::size_t offered = 0;
        for (const iovec& vector : filled) offered += vector.iov_len;
        const std::size_t taken =
            filled.size() == 1 ? send_now(bytes_of(filled.front())) : send_now(filled);
        backlog.consume(taken);
        if (taken < offered) return await_room();
    }
}

bool Stream::all_sent() const noexcept {
    if (write_failed_ || !outgoing_) return true;
    return outgoing_->backlog.empty() && (!outgoing_->tls || outgoing_->tls->unsent().empty());
}

void Stream::shut_sending() noexcept {
    if (TlsChannel* const channel = tls_channel()) {
        loop_.sealed_.clear();
        channel->end(loop_.sealed_);
        send_sealed();
        if (!all_sent()) return;
    }
    write_shut_ = true;
    if (is_carried()) return carrier().shut_sending();
    ::shutdown(socket_.get(), SHUT_WR);
}

void Stream::after_flush() noexcept {
    const bool emptied = all_sent();
    if (emptied) let_go_of_outgoing();
    const bool drained = emptied && (awaiting_room_ || drained_wanted_);
    if (emptied) awaiting_room_ = drained_wanted_ = false;
    if (emptied && shut_wanted_ && !write_shut_) shut_sending();
    if (phase_ == Phase::finishing && emptied && read_ended_) close(ending_);
    update_interest();
    if (drained && phase_ == Phase::open) session_->on_drained();
}

void Stream::update_interest() noexcept {
    if (phase_ == Phase::ended) return;
    const bool wants_input = reading_ && !read_ended_;
    if (wants_input == watches_input_ && awaiting_room_ == watches_room_) return;
    watches_input_ = wants_input;
    watches_room_ = awaiting_room_;
    if (is_carried()) return carrier().watch(wants_input, awaiting_room_);
    const std::uint32_t room = awaiting_room_ ? EPOLLOUT : 0U;
    loop_.change(*this, socket_.get(), (wants_input ? input : 0U) | room);
}

std::size_t Stream::unacknowledged() const noexcept {
    if (is_carried()) return backlog() + carrier().unacknowledged();
    int queued = 0;
    if (::ioctl(socket_.get(), SIOCOUTQ, &queued) != 0) return backlog();
    return backlog() + static_cast<std::size_t>(queued);
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
    loop_.received_ = 0;
    if ((events & (EPOLLIN | EPOLLRDHUP)) != 0 && reading_ && !read_ended_)
        receive();
    else if ((events & (EPOLLERR | EPOLLHUP)) != 0)
        close(Ending::lost);
    if (phase_ != Phase::ended && (events & EPOLLOUT) != 0 && awaiting_room_) flush();
    // Ended or not, what was said before the end is worth one try.
    flush_gathered();
    loop_.gathering_ = nullptr;
    const bool more = has_backlog() || drained_wanted_ || shut_wanted_;
    if (phase_ != Phase::ended && (more || phase_ == Phase::finishing)) flush();
}

/// As recv has it.
ssize_t Stream::take_in(std::span<std::byte> buffer) noexcept {
    if (is_carried()) return carrier().read(buffer);
    return ::recv(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
}

void Stream::receive() {
    const auto whole = loop_.receive_buffer();
    // What TLS opens goes to the front of the same buffer: it is never ahead of what it was.
    const bool sealed = tls() != nullptr;
    const auto buffer = sealed ? whole.subspan(TlsChannel::record_room) : whole;
    const ssize_t received = take_in(buffer);
    if (received > 0) {
        const auto bytes = buffer.first(static_cast<std::size_t>(received));
        loop_.received_ = bytes.size();
        if (sealed)
            receive_sealed(whole, bytes);
        else if (phase_ == Phase::open)
            session_->on_receive(bytes);
        return;
    }
    if (received < 0) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) close(Ending::lost);
        return;
    }
    read_ended_ = true;
    update_interest();
    if (phase_ == Phase::open && !end_told_) session_->on_end();
}

void Stream::receive_sealed(std::span<std::byte> buffer, std::span<const std::byte> received) {
    TlsChannel& channel = *outgoing_->tls;
    if (channel.expects_hello() && received.front() != tls_handshake_record) {
        outgoing_->tls.reset();
        session_->on_unencrypted();
        session_->on_receive(buffer.subspan(TlsChannel::record_room, received.size()));
        return;
    }
    // Nothing may follow the peer's end; what does is read, so that our end is no reset.
    if (end_told_ || write_shut_) return;
    loop_.sealed_.clear();
    const auto opened = channel.open(
        received, buffer.first(received.size() + TlsChannel::record_room), loop_.sealed_);
    send_sealed();
    if (opened.size > 0 && phase_ == Phase::open) session_->on_receive(buffer.first(opened.size));
    if (opened.status == TlsChannel::Status::ended) {
        end_told_ = true;
        // Where the peer was to end first, it has, and waits for us to do the same.
        if (phase_ == Phase::finishing) shut_wanted_ = true;
        if (phase_ == Phase::open) session_->on_end();
    }
    if (phase_ != Phase::open || opened.status != TlsChannel::Status::failed) return;
    if (channel.is_server() && !channel.established()) {
        // Nothing was said yet but why not, and that should arrive.
        ending_ = Ending::lost;
        outgoing_->backlog.clear();
        begin_finishing(Finish::shut, alert_time);
    } else {
        close(Ending::lost);
    }
}

void Stream::on_timer() {
    if (phase_ == Phase::open) return session_->on_timer();
    if (phase_ != Phase::finishing) return;
    if (const auto wait = outgoing_->uptake.wait(*this, outgoing_->finish_timeout))
        arm(*wait);
    else
        close(Ending::timed_out);
}

void Stream::finish(Finish how, std::chrono::milliseconds timeout) noexcept {
    if (phase_ != Phase::open) return;
    // Before TLS is there, nothing of what was written can be sent.
    if (const TlsChannel* const channel = tls(); channel != nullptr && !channel->established())
        return close();
    begin_finishing(how, timeout);
}

void Stream::begin_finishing(Finish how, std::chrono::milliseconds timeout) noexcept {
    phase_ = Phase::finishing;
    reading_ = true;
    shut_wanted_ = how == Finish::shut;
    Outgoing& outgoing = need_outgoing();
    auto& patience = outgoing.finish_timeout;
    patience = std::chrono::duration_cast<std::remove_reference_t<decltype(patience)>>(timeout);
    outgoing.uptake = Uptake(*this);
    arm(outgoing.uptake.first_wait(timeout));
    update_interest();
    if (loop_.gathering_ != this) list_unflushed();
}

void Stream::close(Ending ending) noexcept {
    if (phase_ == Phase::ended) return;
    phase_ = Phase::ended;
    ending_ = ending;
    disarm();
    loop_.ended_.push_back(this);
}

void Stream::reset() noexcept {
    if (is_carried()) {
        carrier().reset();
        return close(Ending::lost);
    }
    const linger at_once = {.l_onoff = 1, .l_linger = 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(Ending::lost);
}

void Stream::detach() noexcept {
    const Ref<Session> session = std::exchange(session_, {});
    session->on_closed(ending_);
    if (is_carried()) return outgoing_->carrier.reset();
    // Closing the descriptor would end the watch too, if no other process had it: one that is being
    // started has, until it runs its own program. No event of this turn is left to handle.
    loop_.unwatch(*this, socket_.get());
    socket_.reset();
}

}  // namespace longwire::net
