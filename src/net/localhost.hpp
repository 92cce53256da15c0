#pragma once

#include <string_view>

namespace longwire::net {

/// Whether `host` means this machine, whatever a name server says (RFC 6761, section 6.3):
/// localhost, and all names below it.
[[nodiscard]] bool is_localhost(std::string_view host) noexcept;

}  // namespace longwire::net
