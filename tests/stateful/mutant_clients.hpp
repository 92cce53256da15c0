#pragma once

#include "world.hpp"

namespace longwire::stateful {

/// Says what other clients say, with some bytes wrong, by any protocol.
Script mutant(World& world, Chance chance, Stay stay);

}  // namespace longwire::stateful
