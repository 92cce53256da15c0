#pragma once

#include <cstdint>

namespace longwire::simulation {

/// Begins the masking keys of a run anew. This program has a random_masking_key() of its own, which
/// stands in the place of the one that nobody can foresee: a run could not be replayed with that.
void seed_masking_keys(std::uint64_t seed) noexcept;

}  // namespace longwire::simulation
