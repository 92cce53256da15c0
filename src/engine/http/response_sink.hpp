#pragma once

#include <longwire/http_reply.hpp>
#include <longwire/response.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <utility>

namespace longwire::net {
class Stream;
}  // namespace longwire::net

namespace longwire::engine {

/// Where the answer to one request is written, in the protocol that its connection speaks. What
/// writes returns how many bytes that took. On the connection's loop.
class ResponseSink {
public:
    ResponseSink(const ResponseSink&) = delete;
    ResponseSink& operator=(const ResponseSink&) = delete;

    /// An answer that is complete. To HEAD, and by some statuses, its body is left out.
    virtual std::size_t write(const Response& whole, bool to_head) = 0;
    /// The head of an answer whose body follows in pieces, without the body of `response`.
    virtual std::size_t begin(const Response& response) = 0;
    /// One piece, which is not empty.
    virtual std::size_t write(const PreparedChunk& piece) = 0;
    /// The same at once, and not at the end of the turn; 0 where it would have to wait for what was
    /// written before, and nothing was written.
    virtual std::size_t write_at_once(const PreparedChunk& piece) = 0;
    /// After the last one.
    virtual std::size_t end() = 0;
    /// The answer that lets a WebSocket begin. The fields are the handshake's.
    virtual std::size_t switch_protocols(
        std::span<const std::pair<std::string, std::string>> fields) = 0;

    /// Bytes that were written and wait.
    [[nodiscard]] virtual std::size_t backlog() const noexcept = 0;
    /// There are more than should be.
    [[nodiscard]] virtual bool congested() const noexcept = 0;
    /// The connection says so once none do.
    virtual void tell_when_drained() = 0;
    /// What carries the connection.
    [[nodiscard]] virtual net::Stream& stream() const noexcept = 0;

protected:
    ResponseSink() = default;
    ~ResponseSink() = default;
};

}  // namespace longwire::engine
