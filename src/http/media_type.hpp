#pragma once

#include <string_view>

namespace longwire::http {

/// The media type of a file, by the extension of its name (case ignored), ready for Content-Type:
/// "text/html; charset=utf-8". "application/octet-stream" for one that is not known.
[[nodiscard]] std::string_view media_type_of(std::string_view path) noexcept;

}  // namespace longwire::http
