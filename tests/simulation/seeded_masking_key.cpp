#include "seeded_masking_key.hpp"

#include "chance.hpp"

#include "protocol/masking_key.hpp"

namespace longwire {

namespace {

simulation::Chance& keys() noexcept {
    static simulation::Chance chance(0);
    return chance;
}

}  // namespace

void simulation::seed_masking_keys(std::uint64_t seed) noexcept {
    keys() = Chance(seed);
}

protocol::MaskingKey protocol::random_masking_key() noexcept {
    MaskingKey key;
    for (std::byte& byte : key) byte = keys().byte();
    return key;
}

}  // namespace longwire
