#pragma once

#include <string_view>

namespace longwire::http {

/// Whether `if_none_match`, the value of that field, names `tag`, so that the answer is 304 (RFC
/// 9110, section 13.1.2): it is "*", or one of its entity tags is the same by weak comparison
/// (section 8.8.3.2). `tag` is written as in ETag: "\"abc\"" or "W/\"abc\"". Of a list that is
/// malformed, only what stands before the mistake counts.
[[nodiscard]] bool if_none_match(std::string_view if_none_match, std::string_view tag) noexcept;

}  // namespace longwire::http
