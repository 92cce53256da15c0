#pragma once

#include <longwire/response.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace longwire::http {

/// How a response goes out.
struct WriteOptions {
    bool keep_alive = true;      ///< Else the response says that the connection ends with it.
    bool head_only = false;      ///< The answer to HEAD: the head of the whole, without the body.
    bool chunked = false;        ///< The body follows in chunks (RFC 9112, section 7.1).
    bool length = true;          ///< The body is known: its length is written, unless chunked.
    int minor_version = 1;       ///< HTTP/1.x of the request that is answered.
    std::string_view date = {};  ///< Now, by format_imf_fixdate(); empty: no Date is written.
};

/// A field as it is written: name and value.
using Field = std::pair<std::string, std::string>;

/// Whether a response of `status` never has a body (RFC 9112, section 6.3).
[[nodiscard]] constexpr bool is_bodiless(int status) noexcept {
    return (status >= 100 && status < 200) || status == 204 || status == 304;
}

/// Whether the response itself asks for its connection to end after it.
[[nodiscard]] bool ends_connection(const Response& response) noexcept;

/// The status that is written for `status`: 500 for one outside 200 to 599.
[[nodiscard]] constexpr int written_status(int status) noexcept {
    return status >= 200 && status <= 599 ? status : 500;
}

/// The head of `response`, with the empty line that ends it (RFC 9112, section 4). Content-Length,
/// Transfer-Encoding, Connection and (where one is given) Date come from here alone, never from the
/// response's fields. Fields that could split the response are left out: those whose name is not a
/// token, or whose value holds a control character. The status is the written_status().
[[nodiscard]] std::string write_response_head(const Response& response,
                                              const WriteOptions& options);

/// The same behind what is in `out`.
void append_response_head(std::string& out, const Response& response, const WriteOptions& options);

/// The head, and the body where there is one.
[[nodiscard]] std::string write_response(const Response& response, const WriteOptions& options);

/// 101 with `fields`, which name the protocol themselves (RFC 9110, section 15.2.2).
[[nodiscard]] std::string write_switching_protocols(std::span<const Field> fields);
/// The same behind what is in `out`.
void append_switching_protocols(std::string& out, std::span<const Field> fields);

/// A request without a body. `method` must be a token. In `target` whatever may not stand there is
/// percent-encoded; of `fields` those that could split the request are left out.
[[nodiscard]] std::string write_request(std::string_view method, std::string_view target,
                                        std::span<const Field> fields);

}  // namespace longwire::http
