#pragma once

#include "http/body_reader.hpp"
#include "http/fault.hpp"
#include "http/head_scanner.hpp"
#include "http/limits.hpp"
#include "http/message_head.hpp"

#include <longwire/header_field.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::http {

/// Reads the response to one GET or CONNECT (RFC 9112), as strictly as requests are read. Interim
/// responses (100, 103) are passed over.
class ResponseParser {
public:
    enum class Status : std::uint8_t {
        need_more,  ///< All bytes were consumed.
        head,       ///< See status() and fields(). After 101 the rest is the other protocol's.
        failed,     ///< See reason().
    };
    enum class BodyStatus : std::uint8_t {
        need_more,  ///< All bytes were consumed; the body may also end with the connection.
        complete,   ///< See body() and is_truncated().
        failed,     ///< See reason(); body() has what came before.
    };

    struct Parsed {
        std::size_t consumed = 0;
        Status status = Status::need_more;
    };
    struct Collected {
        std::size_t consumed = 0;
        BodyStatus status = BodyStatus::need_more;
    };

    /// What is answered. Of a 2xx to CONNECT the fields that tell of a length are not looked at,
    /// and are not among fields() (RFC 9110, section 9.3.6).
    enum class To : std::uint8_t { get, connect };

    explicit ResponseParser(const Limits& limits = {}, To to = To::get);

    /// Goes on with `bytes`, up to the end of the head of the final response.
    [[nodiscard]] Parsed parse(std::span<const std::byte> bytes);

    /// 101, or 200 to 599; 0 until the head is complete.
    [[nodiscard]] int status() const noexcept { return message_.status; }
    /// The first line of the head as it came: "HTTP/1.1 200 OK". Valid as fields() are.
    [[nodiscard]] std::string_view status_line() const noexcept;
    /// HTTP/1.x
    [[nodiscard]] int minor_version() const noexcept { return message_.minor_version; }
    /// Valid as long as the parser, and until it is moved.
    [[nodiscard]] std::span<const HeaderField> fields() const noexcept { return message_.fields; }

    /// After `head`: goes on with the body, and keeps its first `max_body_size` bytes.
    [[nodiscard]] Collected collect_body(std::span<const std::byte> bytes);
    /// As much of the body as came, without its transfer coding.
    [[nodiscard]] std::string_view body() const noexcept { return {body_.data(), body_.size()}; }
    /// After `head`: whether nothing but the end of the connection tells that the body is whole.
    [[nodiscard]] bool ends_with_connection() const noexcept {
        return body_reader_.ends_with_connection();
    }
    /// Whether the body went on beyond `max_body_size`.
    [[nodiscard]] bool is_truncated() const noexcept { return is_truncated_; }

    /// After a failure: one clause for a person, that says what is wrong with the answer.
    [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

private:
    void begin_head();
    [[nodiscard]] bool begins_like_http(std::span<const std::byte> more);
    [[nodiscard]] bool end_start_line();
    [[nodiscard]] bool end_head();
    bool fail(std::string reason);

    Limits limits_;
    To to_;
    HeadScanner scanner_;
    BodyReader body_reader_;
    MessageHead message_;
    std::vector<char> head_;
    std::vector<char> body_;
    std::string reason_;
    unsigned interim_responses_ = 0;
    bool is_truncated_ = false;
    bool has_head_ = false;
    bool has_failed_ = false;
};

}  // namespace longwire::http
