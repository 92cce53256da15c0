#pragma once

#include <string>
#include <string_view>

namespace longwire::dialects {

/// Appends `text`, which is UTF-8, as a JSON string (RFC 8259, section 7).
void append_quoted(std::string& json, std::string_view text);

/// Whether `text` is one JSON value, of at most 64 levels. Any thread.
[[nodiscard]] bool is_json(std::string_view text);

}  // namespace longwire::dialects
