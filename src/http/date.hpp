#pragma once

#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace longwire::http {

/// `time` (seconds since 1970, UTC) as fields carry it: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110,
/// section 5.6.7). Times outside the years 0 to 9999 give the nearest one within.
[[nodiscard]] std::string format_imf_fixdate(std::time_t time);

/// The same, for whoever asks many times a second: made anew where `time` is another one than this
/// thread asked for last. Valid until it asks again.
[[nodiscard]] std::string_view imf_fixdate_at(std::time_t time);

/// The reverse; nothing for any other form, the two obsolete ones included, and for a date that
/// does not exist or does not fall on the weekday it names.
[[nodiscard]] std::optional<std::time_t> parse_imf_fixdate(std::string_view text);

}  // namespace longwire::http
