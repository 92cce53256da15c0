#pragma once

#include "net/admission.hpp"
#include "net/carrier.hpp"
#include "net/descriptor.hpp"
#include "net/loop.hpp"
#include "net/outgoing.hpp"
#include "net/session.hpp"
#include "net/tls_channel.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace longwire::net {

/// One connected socket on its loop, which owns it; or what a Carrier carries in place of a socket.
/// Has a Session, which may be exchanged (HTTP for WebSocket). Idle, it holds no buffer.
class Stream final : private Watcher {
public:
    /// Makes a stream over a connected, non-blocking socket and begins to read; through `tls`, if
    /// given: what is written then waits until its handshake is done. Errors: system.
    static Result<Stream*> open(Loop& loop, Descriptor socket, Ref<Session> session,
                                std::unique_ptr<TlsChannel> tls = {});
    /// The same over a carrier, for what has no socket of its own.
    static Stream& open(Loop& loop, std::unique_ptr<Carrier> carrier, Ref<Session> session);
    /// For its carrier, on the loop and in a turn of its own: there is something to read (or the
    /// end of it), or there is room to write to again.
    void carrier_ready(bool input, bool room);
    /// Gives the stream the place that it takes among the server's connections.
    void take(Admission::Place place) noexcept { place_ = std::move(place); }
    ~Stream() = default;

    [[nodiscard]] Loop& loop() const noexcept { return loop_; }
    [[nodiscard]] std::string peer() const;
    /// Null where the stream is not encrypted.
    [[nodiscard]] const TlsChannel* tls() const noexcept {
        return outgoing_ ? outgoing_->tls.get() : nullptr;
    }

    /// Gives the stream another session and hands back the one it had.
    Ref<Session> exchange_session(Ref<Session> session) noexcept;
    [[nodiscard]] Session& session() const noexcept { return *session_; }

    /// Sends `head` and `payload` together, after all that was written before. Copies what the
    /// kernel does not take at once. Writing during an event of this stream leaves when the event
    /// has been handled; other writing at the end of the loop's turn.
    void write(std::span<const std::byte> head, std::span<const std::byte> payload = {});
    /// The same for bytes that `owner` keeps; they are not copied.
    void write_shared(std::shared_ptr<const void> owner, std::span<const std::byte> bytes);

    /// Whether what is written now is only gathered, since an event of this stream is handled and
    /// nothing waits.
    [[nodiscard]] bool gathers() const noexcept {
        return loop_.gathering_ == this && phase_ == Phase::open && !has_backlog() &&
               !awaiting_room_ && !write_failed_;
    }
    /// Where the next `size` bytes may be put, in place of a `write`; null where it gathers
    /// nothing, or has no room for them.
    [[nodiscard]] std::byte* place(std::size_t size) noexcept {
        return gathers() && loop_.gathered_.has_room(size) ? loop_.gathered_.take(size) : nullptr;
    }

    /// Whether a write would wait for nothing: not for what was written before, and not for the end
    /// of an event.
    [[nodiscard]] bool idle() const noexcept {
        return phase_ == Phase::open && !outgoing_ && !awaiting_room_ && !write_failed_ &&
               loop_.gathering_ != this;
    }
    /// Only where it is idle: as write_shared, but at once.
    void send_shared(const std::shared_ptr<const void>& owner, std::span<const std::byte> bytes);

    /// What was written and not taken by the kernel, in bytes.
    [[nodiscard]] std::size_t backlog() const noexcept;
    /// That, and what the kernel has taken and the peer's has not acknowledged: 0 says that all
    /// that was written has arrived there. A system call.
    [[nodiscard]] std::size_t unacknowledged() const noexcept;
    /// How many bytes were written in all, but for multiples of 2^32; with TLS, of what has left,
    /// as it was sealed.
    [[nodiscard]] std::uint32_t written() const noexcept {
        return handed_ + static_cast<std::uint32_t>(backlog());
    }
    /// Whether the kernel has refused to take more for now.
    [[nodiscard]] bool congested() const noexcept { return awaiting_room_; }
    /// Whether writing has failed; the connection's end is then about to be read.
    [[nodiscard]] bool broken() const noexcept { return write_failed_; }
    /// Offers the backlog to the kernel now rather than at the end of the turn.
    void push() noexcept;
    /// Session::on_drained is called once the backlog is empty, also if the kernel takes it at
    /// once.
    void tell_when_drained() noexcept { drained_wanted_ = true; }

    /// Stops and resumes reading; the kernel's buffer then pushes back on the peer.
    void pause_reading() noexcept;
    void resume_reading() noexcept;

    /// Session::on_timer is called once, `after` from now, unless armed again.
    void arm(std::chrono::milliseconds after) noexcept { loop_.arm(*this, after); }

    enum class Finish : std::uint8_t {
        shut,       ///< We end first: shut our sending side once all is sent.
        await_peer  ///< The peer ends first (as a WebSocket client should let it).
    };
    /// Nothing more will be written. Sends what is left, discards what still arrives, and ends the
    /// stream when the peer has ended too, or after `timeout` in which its system has taken nothing
    /// of it. Reading to the end keeps data in flight from turning our close into a reset that
    /// could destroy what the peer has yet to read.
    void finish(Finish how, std::chrono::milliseconds timeout) noexcept;

    /// Tells the session, unless the stream is ending already, that the program is leaving.
    void leave() {
        left_ = true;
        if (phase_ == Phase::open) session_->on_leaving();
    }
    /// Whether it was told.
    [[nodiscard]] bool left() const noexcept { return left_; }

    /// Ends the stream at once: no more calls but on_closed, at the end of this turn.
    void close(Ending ending = Ending::closed) noexcept;
    /// The same with a reset (RFC 9293, section 3.5.2), where the peer would otherwise take the end
    /// for a good one.
    void reset() noexcept;

    static constexpr std::size_t seal_limit = std::size_t{64} * 1024;

private:
    friend class Loop;
    enum class Phase : std::uint8_t { open, finishing, ended };

    Stream(Loop& loop, Descriptor socket, Ref<Session> session) noexcept;

    void on_ready(std::uint32_t events) override;
    void on_timer() override;
    void receive();
    void receive_sealed(std::span<std::byte> buffer, std::span<const std::byte> received);
    void flush() noexcept;
    void flush_gathered() noexcept;
    std::size_t send_now(std::span<const std::byte> bytes) noexcept;
    std::size_t send_now(std::span<const struct iovec> vectors) noexcept;
    [[nodiscard]] std::size_t sent(ssize_t result) noexcept;
    void send_backlog() noexcept;
    void seal_backlog() noexcept;
    void seal_and_send(std::span<const std::byte> plain) noexcept;
    void send_sealed() noexcept;
    void send_unsent() noexcept;
    void shut_sending() noexcept;
    void begin_finishing(Finish how, std::chrono::milliseconds timeout) noexcept;
    [[nodiscard]] bool all_sent() const noexcept;
    void await_room() noexcept;
    void after_flush() noexcept;
    void update_interest() noexcept;
    void detach() noexcept;
    /// What stands in place of the socket.
    [[nodiscard]] bool is_carried() const noexcept { return !socket_; }
    [[nodiscard]] Carrier& carrier() const noexcept { return *outgoing_->carrier; }
    [[nodiscard]] ssize_t take_in(std::span<std::byte> buffer) noexcept;
    [[nodiscard]] bool has_backlog() const noexcept {
        return outgoing_ && !outgoing_->backlog.empty();
    }
    [[nodiscard]] TlsChannel* tls_channel() noexcept {
        return outgoing_ ? outgoing_->tls.get() : nullptr;
    }
    Outgoing& need_outgoing();
    Backlog& need_backlog();
    void list_unflushed();
    void let_go_of_outgoing() noexcept;

    // Many thousand of these are idle: what only few have, or only some of the time, is behind one
    // pointer.
    Descriptor socket_;
    Loop& loop_;
    Ref<Session> session_;
    std::unique_ptr<Outgoing> outgoing_;
    Admission::Place place_;
    std::uint32_t index_ = 0;
    std::uint32_t handed_ = 0;  // bytes that the kernel has taken, but for multiples of 2^32
    Phase phase_ = Phase::open;
    Ending ending_ : 2 = Ending::closed;
    bool reading_ : 1 = true;
    bool read_ended_ : 1 = false;
    bool write_failed_ : 1 = false;
    bool shut_wanted_ : 1 = false;
    bool write_shut_ : 1 = false;
    bool awaiting_room_ : 1 = false;
    bool drained_wanted_ : 1 = false;
    bool listed_unflushed_ : 1 = false;
    bool end_told_ : 1 = false;
    bool left_ : 1 = false;
    bool watches_input_ : 1 = true;
    bool watches_room_ : 1 = false;
};

}  // namespace longwire::net
