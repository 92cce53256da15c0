#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>

namespace longwire::stateful {

/// What the command line asks for.
struct Options {
    std::optional<std::uint64_t> seed;  // nothing: those of the gate, and one from the clock
    std::chrono::seconds seconds = std::chrono::seconds(60);
    std::size_t threads = 0;  // 0: as the seed says
    std::string only;         // a theme; empty: as the seed says
    bool verbose = false;
};

/// Reads the command line, its first word being the program. Otherwise all is said, and the exit
/// code is given.
[[nodiscard]] std::expected<Options, int> read_options(std::span<char* const> words);

}  // namespace longwire::stateful
