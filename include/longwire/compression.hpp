#pragma once

#include <longwire/standard.hpp>

#include <cstdint>

namespace longwire {

/// Whether and how messages are compressed (permessage-deflate, RFC 7692), where the peer does it
/// too. The peer may always send messages as they are, and so do we where compressing does not
/// make them smaller.
enum class Compression : std::uint8_t {
    off,       ///< Never agreed to.
    shared,    ///< Each message by itself: one compressor serves all connections of a loop.
    dedicated  ///< With the context of the messages before, which makes them smaller, for some
               ///< 200 KiB of memory a connection.
};

}  // namespace longwire
