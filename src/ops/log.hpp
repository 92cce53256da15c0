#pragma once

#include <longwire/log.hpp>

namespace longwire::ops {

/// Sends what the library says, from `lowest` up, to standard error, with the time and, on a
/// terminal that wants them, colours.
void log_to_standard_error(LogLevel lowest);

}  // namespace longwire::ops
