#pragma once

#include <longwire/response.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace longwire {

class Request;

namespace engine {
class HttpReplying;
class ReplyAccess;
}  // namespace engine

/// A piece of a streamed body, framed once to be written to many replies. Copies are cheap; any
/// thread may make, copy, write and destroy one.
class PreparedChunk {
public:
    /// Copies `bytes`. None at all is written as nothing.
    explicit PreparedChunk(std::string_view bytes);

private:
    friend class HttpReply;
    friend class engine::HttpReplying;
    std::shared_ptr<const std::string> framed_;  // as chunked transfer coding has it
    std::size_t begin_ = 0;                      // of the bytes themselves
    std::size_t size_ = 0;
};

/// The answer to one HTTP request, to be given later, or piece by piece: whole with `send`, or with
/// `begin`, `write` as often as there is something, and `end`. It may be kept, copied, and used
/// from any thread, also when the client has gone (then its functions do nothing). If the last copy
/// goes before an answer was begun, the client gets 500; if it goes before `end`, the connection is
/// cut, so that the client sees that something is missing.
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
    /// piece. What follows is sent in chunks (RFC 9112, section 7.1), or, to a client of HTTP/1.0,
    /// until the connection's end. More than `max_backlog` bytes that the client does not read cut
    /// the connection.
    void begin(Response response, std::size_t max_backlog = std::size_t{1024} * 1024) const;
    void write(std::string_view bytes) const { write(PreparedChunk(bytes)); }
    void write(const PreparedChunk& chunk) const;
    void end() const;

    /// Bytes that were written and that the operating system has not taken yet. On the loop's
    /// thread; elsewhere 0.
    [[nodiscard]] std::size_t buffered_amount() const noexcept;

    /// Says who it is that asks, in the record that the server's access log is given of the request
    /// (`Server::on_access`), or of the WebSocket connection that it becomes.
    void name_user(std::string_view user) const;

    /// `handler` is called on the loop once, if the connection ends before the answer is complete.
    /// On the loop's thread only. It must not hold a copy of this reply, or the reply stays for as
    /// long as the connection.
    void on_close(std::function<void()> handler) const;
    /// `handler` is called on the loop when the server is leaving, and may end the answer in form.
    /// What it leaves open is cut (or, if nothing was begun, answered with 503). On the loop's
    /// thread only; it must not hold a copy of this reply.
    void on_leave(std::function<void()> handler) const;
    /// `handler` is called on the loop whenever all that had to wait was taken by the operating
    /// system. On the loop's thread only.
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
