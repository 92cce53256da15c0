#pragma once

#include "hub/broker.hpp"

#include <longwire/request.hpp>

#include <expected>
#include <string_view>

namespace longwire::dialects::raw {

/// What a request asks of a channel's history: `?history=N` or `?since=POSITION`, or nothing. The
/// error is a sentence for whoever asks.
[[nodiscard]] std::expected<hub::HistoryQuery, std::string_view> read_history_query(
    const Request& request);

}  // namespace longwire::dialects::raw
