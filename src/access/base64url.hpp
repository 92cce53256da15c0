#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace longwire::access {

/// RFC 4648, section 5, without padding, as RFC 7515 has it.
[[nodiscard]] std::string to_base64url(std::string_view bytes);
/// Nothing where `text` is not exactly what `to_base64url` would write.
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);

}  // namespace longwire::access
