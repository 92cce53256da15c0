#pragma once

#include <string>

namespace longwire::dialects::pusher {

/// 128 random bits in hexadecimal digits, which nobody guesses.
[[nodiscard]] std::string random_name();

}  // namespace longwire::dialects::pusher
