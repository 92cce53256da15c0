#pragma once

#include <longwire/standard.hpp>

#include <cstdint>

namespace longwire {

/// The states of a connection, in the words of the WHATWG standard.
enum class ReadyState : std::uint8_t {
    connecting,  ///< The opening handshake is under way.
    open,        ///< Messages can be sent and received.
    closing,     ///< A close frame was sent; nothing more can be sent.
    closed,      ///< The connection is over.
};

}  // namespace longwire
