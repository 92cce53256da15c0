#pragma once

#include "hub/broker.hpp"

#include <optional>
#include <string_view>

namespace longwire::dialects::socketio {

/// What a client wants of a channel's past, as it says behind the channel's name in "subscribe":
/// {"history":N}, {"since":"POSITION"}, or null. Nothing where `json` is none of these.
[[nodiscard]] std::optional<hub::HistoryQuery> read_history_query(std::string_view json);

}  // namespace longwire::dialects::socketio
