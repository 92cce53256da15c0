#pragma once

#include "hub/hub.hpp"
#include "ops/exposition.hpp"

#include <longwire/server.hpp>

#include <string_view>

namespace longwire::ops {

/// As figures and the access log name it: "no_route".
[[nodiscard]] std::string_view cause_name(HandshakeFailure why) noexcept;

/// What a server and the process say of themselves.
void describe(const ServerCounts& counts, Exposition& exposition);
void describe(const hub::Hub::Counts& counts, Exposition& exposition);
/// The memory and the processor time of this process, and since when it runs.
void describe_process(Exposition& exposition);

}  // namespace longwire::ops
