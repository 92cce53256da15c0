#pragma once

#include "net/admission.hpp"
#include "net/descriptor.hpp"

#include <longwire/response.hpp>

namespace longwire::engine {

/// What a client is told for which there is no room.
[[nodiscard]] Response too_many();
[[nodiscard]] Response refusal_for(net::Admission::Refusal why);

/// Answers a connection of which nothing has been read, and closes it: at once, and as well as that
/// goes, where nothing can be waited for.
void turn_away(net::Descriptor socket, const Response& response);

}  // namespace longwire::engine
