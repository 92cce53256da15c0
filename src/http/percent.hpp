#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace longwire::http {

/// Decodes each %XX (RFC 3986, section 2.1); nothing where a '%' is not followed by two hexadecimal
/// digits. The result may hold any byte, NUL among them.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

/// Decodes a name or a value of a query as forms write it: '+' is a space, and a malformed escape
/// stands for itself (WHATWG URL, section 5.1).
[[nodiscard]] std::string form_decode(std::string_view text);

/// Encodes all but the unreserved characters (RFC 3986, section 2.3).
[[nodiscard]] std::string percent_encode(std::string_view text);

/// Encodes only what may never stand in a request target as it is: bytes that are not printable
/// ASCII, the space, and " < > ` { } ^ | \ (escapes that are there stay as they are).
[[nodiscard]] std::string percent_encode_target(std::string_view text);

}  // namespace longwire::http
