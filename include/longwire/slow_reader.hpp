#pragma once

#include <longwire/standard.hpp>

#include <cstdint>

namespace longwire {

/// What happens to messages for a peer that reads too slowly: once as much waits for it as may
/// (`ConnectionLimits::max_backlog`), or, with `latest`, as soon as anything does.
enum class SlowReader : std::uint8_t {
    close,        ///< The connection is closed with 1008.
    drop_newest,  ///< A message that has no room is not sent.
    drop_oldest,  ///< The oldest waiting messages are dropped, except one that was partly sent.
    latest,       ///< Of each topic, and of what is sent directly, only the latest message waits.
};

}  // namespace longwire
