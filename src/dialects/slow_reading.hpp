#pragma once

#include "dialects/gate.hpp"
#include "dialects/hub_loops.hpp"

#include <longwire/slow_reader.hpp>

#include <optional>
#include <string>
#include <vector>

namespace longwire::dialects {

/// What becomes of messages for those on the channel that read too slowly, where its rule says so.
[[nodiscard]] std::optional<SlowReader> slow_reader_of(Gate& gate, const std::string& channel);

/// The same for topics whose names are one of these prefixes and a channel. Before the server runs;
/// the gate must outlive its run.
void add_slow_reader_policy(HubLoops& hub_loops, Gate& gate,
                            std::vector<std::string> topic_prefixes);

}  // namespace longwire::dialects
