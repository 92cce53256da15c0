#pragma once

#include "http/url.hpp"

#include <longwire/result.hpp>

#include <string_view>

namespace longwire::http {

/// Where `reference`, the Location of a redirect, leads from `base` (RFC 3986, section 5.2): a
/// whole URL, "//host/path", "/path", "path", "?query". Its fragment is dropped. Errors:
/// invalid_url.
[[nodiscard]] Result<Url> resolve_reference(const Url& base, std::string_view reference);

/// Whether both URLs are of one origin (RFC 6454): scheme, host and port.
[[nodiscard]] bool same_origin(const Url& left, const Url& right);

}  // namespace longwire::http
