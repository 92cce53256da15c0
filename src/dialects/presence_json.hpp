#pragma once

#include "hub/presence.hpp"

#include <string>
#include <vector>

namespace longwire::dialects {

// Who is on a channel, as clients read it.

/// {"joined":"ann","info":{…}}, or "left", or "changed": their information.
[[nodiscard]] std::string change_json(const hub::PresenceChange& change);
/// {"present":[{"user":"ann","info":{…}}]}
[[nodiscard]] std::string present_json(const std::vector<hub::Presence>& present);

}  // namespace longwire::dialects
