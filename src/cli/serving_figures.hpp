#pragma once

#include "dialects/hub_loops.hpp"
#include "hub/memory_broker.hpp"
#include "ops/exposition.hpp"

namespace longwire::cli {

/// What the dialects, the deliveries and the histories say of themselves.
void describe_channels(const dialects::HubLoops& hub_loops, const hub::MemoryBroker& broker,
                       ops::Exposition& exposition);

}  // namespace longwire::cli
