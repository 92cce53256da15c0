#pragma once

#include <longwire/standard.hpp>

#include <cstdint>

namespace longwire {

/// What became of something that was given to be sent.
enum class SendStatus : std::uint8_t {
    sent,      ///< Taken; it leaves with the loop's next write.
    buffered,  ///< Taken; it waits in the connection's backlog, because the peer reads too slowly.
    dropped,   ///< Not taken: the connection is closing or closed, or its backlog is full.
};

}  // namespace longwire
