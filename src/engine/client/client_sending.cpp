#include "engine/client/client_session.hpp"

#include <utility>

namespace longwire::engine {

namespace {

// Up to this much may wait, whatever the size of the message that comes on top.
constexpr std::size_t always_admitted = std::size_t{64} * 1024;

}  // namespace

// ---- any thread ---------------------------------------------------------------------------------

std::size_t ClientSession::waiting() const noexcept {
    return (outbox_ ? outbox_->size() : 0) + backlog_;
}

bool ClientSession::admits(Message message) const noexcept {
    const std::size_t size = ClientOutbox::size_of(message);
    if (state_ == ReadyState::connecting) return waiting() + size <= options_->max_queue;
    if (state_ != ReadyState::open) return false;
    return waiting() <= always_admitted || waiting() + size <= options_->limits.max_backlog;
}

/// Whether nothing has to leave before it. What on_open sends leaves before what was kept until
/// there was a connection.
bool ClientSession::may_send_at_once(const ClientLoop& loop) const noexcept {
    if (state_ != ReadyState::open || !loop.is_here() || !socket_) return false;
    return opening_ || ((!outbox_ || outbox_->empty()) && (!batch_ || batch_->empty()));
}

SendStatus ClientSession::send(Message message) {
    if (is_of_parent()) return SendStatus::dropped;
    ClientLoop& loop = ClientLoop::instance();
    std::unique_lock lock(mutex());
    if (may_send_at_once(loop)) {
        lock.unlock();
        return send_at_once(message);
    }
    if (!admits(message)) return SendStatus::dropped;
    const bool waits = state_ != ReadyState::open || waiting() > always_admitted;
    if (!outbox_) outbox_ = std::make_unique<ClientOutbox>();
    outbox_->add(message);
    const bool begin = state_ == ReadyState::open && !std::exchange(sending_, true);
    lock.unlock();
    if (begin) loop.post([self = shared_from_this()] { self->begin_sending(); });
    return waits ? SendStatus::buffered : SendStatus::sent;
}

// ---- the loop's thread --------------------------------------------------------------------------

SendStatus ClientSession::send_at_once(Message message) {
    Sending sending = socket().send(message);
    const SendStatus status = sending.status();
    if (status == SendStatus::dropped) return status;
    if (seeing_off_) {
        note_backlog();
        return status;
    }
    {
        const std::scoped_lock lock(mutex());
        sending_ = true;
    }
    sender_ = see_off(std::move(sending));
    return status;
}

void ClientSession::begin_sending() {
    if (!socket_ || seeing_off_ || !take_batch()) return;
    sender_ = see_off(pass_on());
}

/// Stays with what was given to the socket until it has left, and gives it the next.
OwnedCoroutine ClientSession::see_off(Sending sending) {
    seeing_off_ = true;
    std::optional<Sending> latest(std::move(sending));
    do {
        if (!latest) latest.emplace(pass_on());
        note_backlog();
        ClientLoop::Turn turn(ClientLoop::instance());  // NOLINT(misc-const-correctness): awaited
        co_await turn;
        Sending& until_room = *latest;  // NOLINT(misc-const-correctness): awaited
        co_await until_room;
        latest.reset();
    } while (take_batch());
    seeing_off_ = false;
    const std::scoped_lock lock(mutex());
    // Not from here: it may end the connection, and with it what runs here.
    if (farewell_)
        ClientLoop::instance().post([self = shared_from_this()] { self->act_on_close(); });
}

/// Takes what has come into the outbox, unless there is more of what was taken before. False where
/// there is nothing, or nobody to give it to.
bool ClientSession::take_batch() {
    if (socket().ready_state() != ReadyState::open) return false;
    if (batch_ && !batch_->empty()) return true;
    const std::size_t in_socket = socket().buffered_amount();
    const std::scoped_lock lock(mutex());
    const bool more = outbox_ && !outbox_->empty();
    if (more) batch_.swap(outbox_);
    count_backlog(in_socket);
    if (more) return true;
    sending_ = false;
    batch_.reset();
    outbox_.reset();
    return false;
}

/// Gives the socket as much of the batch as it should have at a time.
Sending ClientSession::pass_on() {
    for (;;) {
        Sending sending = socket().send(batch_->front());
        // One that has broken takes no more, and the next connection gets the rest.
        if (sending == SendStatus::dropped) return sending;
        batch_->pop();
        if (batch_->empty() || socket().buffered_amount() > always_admitted) return sending;
    }
}

void ClientSession::note_backlog() {
    const std::size_t in_socket = socket().buffered_amount();
    const std::scoped_lock lock(mutex());
    count_backlog(in_socket);
}

/// With the mutex.
void ClientSession::count_backlog(std::size_t in_socket) noexcept {
    backlog_ = (batch_ ? batch_->size() : 0) + in_socket;
    backlog_messages_ = batch_ ? static_cast<std::uint32_t>(batch_->count()) : 0;
}

/// There is no connection: what no socket has taken waits for the next, up to `most`. With the
/// mutex, and within the same turn of it in which the state says so: or others add to it by what
/// was true before.
void ClientSession::take_back_unsent(std::size_t most) {
    backlog_ = backlog_messages_ = 0;
    sending_ = false;
    if (batch_ && !batch_->empty()) {
        if (outbox_) batch_->add_all(*outbox_);
        outbox_ = std::move(batch_);
    }
    batch_.reset();
    if (!outbox_) return;
    outbox_->keep_first(most);
    if (outbox_->empty()) outbox_.reset();
}

}  // namespace longwire::engine
