#pragma once

#include <string>
#include <string_view>

namespace longwire::http {

/// The value of Authorization or Proxy-Authorization (RFC 7617): "Basic " and the Base64 of
/// "user:password".
[[nodiscard]] std::string basic_credentials(std::string_view user, std::string_view password);

}  // namespace longwire::http
