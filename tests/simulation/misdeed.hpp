#pragma once

#include "frames.hpp"
#include "plan.hpp"

#include <longwire/close_code.hpp>

namespace longwire::simulation {

/// Bytes that break a rule, and the code with which a peer must fail (RFC 6455, section 7.4.1).
struct MisdeedBytes {
    Bytes bytes;
    CloseCode code = CloseCode::protocol_error;
};

/// Not for those that are messages: too_big and text_not_utf8.
[[nodiscard]] MisdeedBytes commit(Misdeed misdeed, protocol::Role sender, Chance& chance);

/// Valid UTF-8 that is valid no more.
void spoil_text(Bytes& text, Chance& chance);

}  // namespace longwire::simulation
