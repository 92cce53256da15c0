#pragma once

#include "http/body_reader.hpp"
#include "http/fault.hpp"
#include "http/head_scanner.hpp"
#include "http/limits.hpp"

#include <longwire/request.hpp>
#include <longwire/response.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace longwire::http {

/// Makes Requests of the bytes of one connection, one after the other (RFC 9112). Strict: whatever
/// two servers could read differently is refused, and the connection with it. The time it takes is
/// linear in what came, and its memory bounded by the limits, whatever lengths a peer claims.
class RequestParser {
public:
    enum class Status : std::uint8_t {
        need_more,  ///< All bytes were consumed.
        request,    ///< See take_request(); what was not consumed belongs to what follows it.
        failed,     ///< See refusal(). No further bytes of this connection can be understood.
    };

    struct Parsed {
        std::size_t consumed = 0;
        Status status = Status::need_more;
    };

    explicit RequestParser(const Limits& limits);

    /// Goes on with `bytes`, up to the end of one request at the most.
    [[nodiscard]] Parsed parse(std::span<const std::byte> bytes);

    /// The request that parse() has just announced, once. After `failed`: what its head says, where
    /// the fault is in its body; otherwise an empty one.
    [[nodiscard]] Request take_request() { return std::move(request_); }

    /// Whether the connection may serve further requests after this one (RFC 9112, section 9.3).
    [[nodiscard]] bool keep_alive() const noexcept { return keep_alive_; }

    /// Whether the request asks for another protocol: it has Upgrade, and Connection names it
    /// (RFC 9110, section 7.8). What follows such a request may be in that protocol.
    [[nodiscard]] bool upgrade_requested() const noexcept { return upgrade_requested_; }

    /// Whether that is the WebSocket protocol, or one among others.
    [[nodiscard]] bool websocket_requested() const noexcept { return websocket_requested_; }

    /// Whether the client waits for 100 (Continue) before it sends the body (RFC 9110, section
    /// 10.1.1).
    [[nodiscard]] bool wants_continue() const noexcept;

    /// The bytes of memory that are kept for a request that is not whole.
    [[nodiscard]] std::size_t held() const noexcept { return head_.capacity() + body_.capacity(); }

    /// After `failed`: the response to end the connection with; its body is one line that says
    /// what is wrong.
    [[nodiscard]] Response refusal() const;

private:
    enum class Stage : std::uint8_t { head, body, complete, failed };

    void begin();
    [[nodiscard]] std::size_t read_head(std::span<const std::byte> bytes);
    [[nodiscard]] std::size_t read_body(std::span<const std::byte> bytes);
    void keep(std::span<const std::byte> bytes);
    void end_start_line(std::span<const std::byte> latest);
    void fail_in_head();
    void end_head();
    void refuse(Fault fault);

    Limits limits_;
    HeadScanner scanner_;
    BodyReader body_reader_;
    std::vector<char> head_;
    std::vector<char> body_;
    Request request_;
    RareFault fault_;
    Stage stage_ = Stage::head;
    bool keep_alive_ = false;
    bool upgrade_requested_ = false;
    bool websocket_requested_ = false;
    bool expects_continue_ = false;
    bool body_begun_ = false;
};

}  // namespace longwire::http
