#pragma once

#include <span>
#include <string>
#include <string_view>

namespace longwire::protocol {

/// Whether pages of `origin` may connect to the server that was asked for as `host` (RFC 6455,
/// section 10.2): when there is no origin (it is not a browser), when it is the origin of `host`
/// itself, or when `allowed` lists it or "*".
[[nodiscard]] bool origin_allowed(std::string_view origin, std::string_view host,
                                  std::span<const std::string> allowed) noexcept;

}  // namespace longwire::protocol
