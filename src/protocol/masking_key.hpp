#pragma once

#include "protocol/masking.hpp"

namespace longwire::protocol {

/// A key that nobody can foresee, new at every call (RFC 6455, section 10.3). Any thread.
[[nodiscard]] MaskingKey random_masking_key() noexcept;

}  // namespace longwire::protocol
