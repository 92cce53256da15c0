#pragma once

#include "cli/serving.hpp"
#include "dialects/rules_gate.hpp"

namespace longwire::cli {

/// The echo, if it is not turned off: what is sent there is bounded by the rates of publishing, as
/// on a channel.
void serve_echo(const Serving& serving, dialects::RulesGate& gate);

}  // namespace longwire::cli
