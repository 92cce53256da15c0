#pragma once

#include <longwire/log.hpp>

#include <string_view>

namespace longwire::engine {

/// Gives one line to the program's log sink.
void log(LogLevel level, std::string_view line) noexcept;

/// Around a fork: nobody is exchanging the sink, or taking it.
void lock_log();
void unlock_log() noexcept;

/// The words of the exception that is being handled.
[[nodiscard]] std::string_view current_exception_words() noexcept;

}  // namespace longwire::engine
