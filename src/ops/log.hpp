#pragma once

#include <longwire/log.hpp>

#include <cstdint>
#include <string_view>

namespace longwire::ops {

/// How a line of the log looks: for people, or one JSON object each.
enum class LogFormat : std::uint8_t {
    automatic,  ///< text on a terminal, JSON elsewhere
    text,
    json
};

/// Sends what the library has to say, from `lowest` up, to standard error. Lines are written by a
/// thread of their own: where that cannot keep up, the oldest that wait are left out, and it is
/// said how many. Before other threads start; once.
void log_to_standard_error(LogLevel lowest, LogFormat format = LogFormat::automatic);
/// A line of the program's own, which goes where the library's go.
void say(LogLevel level, std::string_view line) noexcept;
/// Writes what still waits. Afterwards the library's lines go nowhere.
void end_log();

}  // namespace longwire::ops
