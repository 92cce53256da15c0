#pragma once

#include <cstdint>

namespace longwire::simulation {

/// From now on a crash, a finding of a sanitizer or a kill says which seed was running.
void watch_for_crashes();

/// The seed that runs now.
void in_danger(std::uint64_t seed) noexcept;

}  // namespace longwire::simulation
