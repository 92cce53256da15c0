#pragma once

#include "engine/http/response_sink.hpp"
#include "net/session.hpp"

#include <cstddef>
#include <span>

namespace longwire::engine {

/// Writes answers as HTTP/1.1 and HTTP/1.0 have them (RFC 9112), one after the other.
class Http1Sink final : public ResponseSink {
public:
    /// What the request says of the connection.
    struct Terms {
        bool keep_alive = false;
        int minor_version = 1;
    };
    Http1Sink() = default;
    ~Http1Sink() = default;

    /// The stream must outlive all that is written.
    void attach(net::Stream& stream) noexcept { stream_ = &stream; }
    /// What is written next answers another request.
    void begin_request(const Terms& terms) noexcept { terms_ = terms; }
    /// The connection ends with this answer.
    void end_connection() noexcept { terms_.keep_alive = false; }
    [[nodiscard]] bool keeps_alive() const noexcept { return terms_.keep_alive; }
    /// A client sees that pieces are missing, also where the connection ends in form.
    [[nodiscard]] bool delimits_pieces() const noexcept { return terms_.minor_version > 0; }
    /// Before the answer: the client may send the body (RFC 9110, section 15.2.1).
    void write_continue();
    /// In the middle of an answer.
    void cut(net::Ending ending);

    std::size_t write(const Response& whole, bool to_head) override;
    std::size_t begin(const Response& response) override;
    std::size_t write(const PreparedChunk& piece) override;
    std::size_t write_at_once(const PreparedChunk& piece) override;
    std::size_t end() override;
    std::size_t switch_protocols(
        std::span<const std::pair<std::string, std::string>> fields) override;
    [[nodiscard]] std::size_t backlog() const noexcept override;
    [[nodiscard]] bool congested() const noexcept override;
    void tell_when_drained() override;
    [[nodiscard]] net::Stream& stream() const noexcept override { return *stream_; }

private:
    [[nodiscard]] std::span<const std::byte> framed(const PreparedChunk& piece) const;

    net::Stream* stream_ = nullptr;
    Terms terms_;
};

}  // namespace longwire::engine
