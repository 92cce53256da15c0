#pragma once

#include "cli/serve.hpp"
#include "ops/log.hpp"

#include <string>
#include <string_view>

namespace longwire::cli {

/// Whether standard output gets words for whoever has started the server. Not where every line is
/// to be JSON: then all there is goes to the log.
[[nodiscard]] bool speaks_to_person(const ServeOptions& options) noexcept;
/// Such words, if they are wanted. Whoever does not read them is nobody's trouble.
void show(const ServeOptions& options, const std::string& words);

/// The log's lines about which version this is, with which configuration, rules and limits; and
/// what a person should know of them.
void announce_start(const ServeOptions& options);

/// Says why the server does not start; gives `code`.
int refuse_to_start(ops::LogFormat format, std::string_view why, int code);

}  // namespace longwire::cli
