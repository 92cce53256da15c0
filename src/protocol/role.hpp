#pragma once

#include <cstdint>

namespace longwire::protocol {

/// Which side of a connection this is. A client masks its frames, a server does not (RFC 6455,
/// section 5.1).
enum class Role : std::uint8_t { server, client };

}  // namespace longwire::protocol
