#pragma once

#include "http/fault.hpp"

#include <optional>
#include <string_view>

namespace longwire::http {

/// Judges the first line of a request, without its CR LF: method, target and version, each parted
/// from the next by one space (RFC 9112, section 3). 505 for a version other than HTTP/1.0 and 1.1.
[[nodiscard]] std::optional<Fault> judge_request_line(std::string_view line);

/// The fault of a first line that goes beyond the largest head: 414 where it is the target that is
/// too long (RFC 9112, section 3), 400 where no method could be seen.
[[nodiscard]] Fault too_long_request_line(std::string_view begin);

}  // namespace longwire::http
