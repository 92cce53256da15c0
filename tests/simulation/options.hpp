#pragma once

#include <cstdint>
#include <expected>
#include <span>

namespace longwire::simulation {

/// What the command line asks for.
struct Options {
    std::uint64_t seeds = 2000;
    std::uint64_t from = 1;
    bool trace = false;
    bool lie = false;
};

/// Reads the command line, its first word being the program. Otherwise all is said, and the exit
/// code is given.
[[nodiscard]] std::expected<Options, int> read_options(std::span<char* const> words);

}  // namespace longwire::simulation
