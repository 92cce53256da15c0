#pragma once

#include <longwire/header_field.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire {

/// The answer to an HTTP request. `Content-Length`, `Date` and `Connection` are written by the
/// server (with `Connection: close` among the fields it is the last on its connection); fields
/// whose name is not a token, or whose value holds a control character, are left out when the
/// response is written, so that nothing a client sent can split a response.
struct Response {
    int status = 200;  ///< 200 to 599.
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> headers = {};

    /// A response of `status` whose body is one line of plain text.
    [[nodiscard]] static Response text(int status, std::string_view line);

    /// A response of `status` with a JSON body.
    [[nodiscard]] static Response json(int status, std::string body);

    /// Appends a header field and gives the response back, for chaining.
    Response& with(std::string_view name, std::string_view value) {
        headers.emplace_back(name, value);
        return *this;
    }
};

/// The reason phrase of an HTTP status (RFC 9110, section 15): 404 gives "Not Found". An
/// unregistered status gives an empty text.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

}  // namespace longwire
