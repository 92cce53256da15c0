#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace longwire::stateful {

/// From now on a crash, a finding of a sanitizer or a kill says which seed was running.
void watch_for_crashes();

/// What is being tried now: named by whatever is found.
void trying(std::uint64_t seed, std::uint64_t episode, const std::string& themes);

/// Something that must hold does not: says so, with what has to be given to see it again, and ends
/// the process. Any thread.
[[noreturn]] void found(std::string_view what);

}  // namespace longwire::stateful
