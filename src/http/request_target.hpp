#pragma once

#include "http/fault.hpp"

#include <expected>
#include <string>
#include <string_view>

namespace longwire::http {

/// A request target, divided (RFC 9112, section 3.2). The views are of the text it was made from.
struct RequestTarget {
    std::string_view authority;       ///< HOST[:PORT] of the absolute form; empty for the others.
    std::string_view path_and_query;  ///< May be empty, or begin with '?', in the absolute form.
    std::string_view query;           ///< Behind the '?'; still percent-encoded.
    std::string_view sent_path;       ///< As it was sent.
    std::string decoded_path = {};    ///< Where that is not what it says; otherwise empty.

    /// Decoded; "/" for the asterisk form.
    [[nodiscard]] std::string_view path() const noexcept {
        return decoded_path.empty() ? sent_path : std::string_view(decoded_path);
    }
};

/// Divides `target`: the origin form and the absolute form for any method but CONNECT, and the
/// asterisk form for OPTIONS. Everything else, malformed escapes and "%00" in a path: a fault.
[[nodiscard]] std::expected<RequestTarget, Fault> parse_request_target(std::string_view method,
                                                                       std::string_view target);

}  // namespace longwire::http
