#pragma once

#include <longwire/close_code.hpp>

#include <string_view>

namespace longwire::protocol {

/// A rule that the peer broke: the code to close with (RFC 6455, section 7.4.1), and what it did,
/// in static text short enough for a close frame.
struct Failure {
    CloseCode code = CloseCode::protocol_error;
    std::string_view reason;
};

}  // namespace longwire::protocol
