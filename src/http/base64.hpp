#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace longwire::http {

/// Appends `bytes` in base64 (RFC 4648, section 4), padded.
void append_base64(std::string& text, std::string_view bytes);
[[nodiscard]] std::string to_base64(std::string_view bytes);
/// Nothing where `text` is not base64. Padding may be left out.
[[nodiscard]] std::optional<std::string> from_base64(std::string_view text);

}  // namespace longwire::http
