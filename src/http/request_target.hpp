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
    std::string path;                 ///< Decoded; "/" for the asterisk form.
};

/// Divides `target`: the origin form and the absolute form for any method but CONNECT, and the
/// asterisk form for OPTIONS. Everything else, malformed escapes and "%00" in a path: a fault.
[[nodiscard]] std::expected<RequestTarget, Fault> parse_request_target(std::string_view method,
                                                                       std::string_view target);

}  // namespace longwire::http
