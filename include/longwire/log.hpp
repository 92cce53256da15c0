#pragma once

#include <longwire/standard.hpp>

#include <cstdint>
#include <functional>
#include <string_view>

namespace longwire {

enum class LogLevel : std::uint8_t {
    debug,    ///< What single connections do: a handshake that failed, a peer that broke a rule.
    info,     ///< What the operator did: listening, stopping.
    warning,  ///< Something is wrong, and the program goes on: a handler threw, no descriptors
              ///< left.
    error,    ///< Something could not be done at all.
};

/// Receives one line at a time, without a line break. May be called from several threads at once.
using LogSink = std::function<void(LogLevel, std::string_view line)>;

/// Sets where the library says what it has to say. The default writes warnings and errors to
/// standard error; an empty sink silences it. Any thread, at any time.
void set_log_sink(LogSink sink);

}  // namespace longwire
