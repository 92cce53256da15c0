#pragma once

#include <longwire/response.hpp>
#include <longwire/send_status.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace longwire {

class Request;

namespace engine {
class ChunkAccess;
class HttpReplying;
class ReplyAccess;
}  // namespace engine

/// A piece of a streamed body, prepared once to be written to many replies. Copies are cheap; any
/// thread may make, copy, write and destroy one.
class PreparedChunk {
public:
    /// Copies `bytes`. None at all is written as nothing.
    explicit PreparedChunk(std::string_view bytes);

    /// How many bytes were given.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    friend class engine::ChunkAccess;
    struct Content;
    std::shared_ptr<const Content> content_;
    std::size_t size_ = 0;
};

/// The answer to one HTTP request, to be given later, or piece by piece: whole with `send`, or with
/// `begin`, `write` as often as there is something, and `end`. It may be kept, copied, and used
/// from any thread, also when the client has disconnected (then its functions do nothing). If the
/// last copy goes before an answer was begun, the client gets 500; if it goes before `end`, the
/// connection is cut, so that the client sees that something is missing.
///
/// On the thread of the connection's loop (where the handler runs) what is done here takes effect
/// at once; on other threads, soon and in order.
class HttpReply {
public:
    HttpReply() = default;

    /// Whether the client is still there and the answer not complete. On other threads than the
    /// loop's that may have changed when this returns.
    [[nodiscard]] bool alive() const noexcept;

    /// Answers with the whole of `response`. Nothing can follow.
    void send(Response response) const;

    /// Answers with the head of `response` (its status and fields), and its body as the first
    /// piece, of whatever size. What follows is sent in chunks (RFC 9112, section 7.1), or, to a
    /// client of HTTP/1.0, until the connection's end. `max_backlog` is how many bytes of what is
    /// written may wait for the client to read.
    ///
    /// The answer to HEAD, and one of the status 204 or 304, has no body: it is complete with its
    /// head, and what `on_close` was given is called soon, since there is no client to write to.
    void begin(Response response, std::size_t max_backlog = std::size_t{1024} * 1024) const;
    /// Writes the next piece. `buffered`: the client reads too slowly; go on once `on_drain` is
    /// called, or `buffered_amount` has gone down. `dropped`: nothing was begun, or the answer is
    /// over; or this piece would make more than `max_backlog` wait (or, from other threads, more be
    /// on its way to the loops than may be, see `ServerOptions::max_memory`), and the connection is
    /// cut, so that the client sees that something is missing. What was not dropped is sent, unless
    /// the connection ends (`on_close`). On other threads than the loop's, what waits is counted
    /// until all of it has left: there it may seem to be more than it is, and never less.
    SendStatus write(std::string_view bytes) const { return write(PreparedChunk(bytes)); }
    SendStatus write(const PreparedChunk& chunk) const;
    void end() const;

    /// Bytes that were written and that the operating system has not taken yet. Any thread (see
    /// `write`).
    [[nodiscard]] std::size_t buffered_amount() const noexcept;

    /// Sets the user name in the access record of the request (`Server::on_access`), or of the
    /// WebSocket connection that it becomes.
    void name_user(std::string_view user) const;

    /// `handler` is called on the loop once, if the connection ends before the answer is complete:
    /// soon, if that has happened already, and never within a call to this reply. On the loop's
    /// thread only. It must not hold a copy of this reply, or the reply stays for as long as the
    /// connection.
    void on_close(std::function<void()> handler) const;
    /// With this, a client that ends its side of the connection while it waits for the answer to
    /// begin still gets it; without, it is taken to have disconnected (`on_close`). `handler`,
    /// which may be empty, is then called on the loop once, or soon if that has happened already.
    /// The client may have disconnected all the same: `on_close` is then called after the answer
    /// begins. The connection of an answer that is not begun within
    /// `ServerOptions::handshake_timeout` of that is closed. On the loop's thread only; it must not
    /// hold a copy of this reply.
    void on_half_close(std::function<void()> handler) const;
    /// `handler` is called on the loop when the server is shutting down, and may end the answer in
    /// form. What it leaves open is cut (or, if nothing was begun, answered with 503). On the
    /// loop's thread only; it must not hold a copy of this reply.
    void on_leave(std::function<void()> handler) const;
    /// `handler` is called on the loop whenever all that had to wait was taken by the operating
    /// system. Any thread.
    void on_drain(std::function<void()> handler) const;

private:
    friend class engine::HttpReplying;
    friend class engine::ReplyAccess;
    struct Place;
    struct Shared;
    [[nodiscard]] engine::HttpReplying* here() const noexcept;
    std::shared_ptr<Shared> shared_;
};

/// Answers one HTTP request with what it does with the reply, now or later. Runs on the
/// connection's loop and must not block it. The request is gone when it returns: keep what is
/// needed of it. One that throws is answered with 500.
using HttpReplyHandler = std::function<void(const Request&, HttpReply)>;

}  // namespace longwire
