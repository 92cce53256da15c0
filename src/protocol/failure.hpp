#pragma once

#include <longwire/close_code.hpp>

#include <string_view>

namespace longwire::protocol {

/// A rule that the peer broke: the code to close with (RFC 6455, section 7.4.1), and what it did,
/// in words that go into the close frame.
struct Failure {
    CloseCode code = CloseCode::protocol_error;
    std::string_view reason;
};

/// Every rule there is to break, once each: a failure is handed on as the address of one of these.
namespace broken_rule {

// Section 5.2: the frame's header
inline constexpr Failure reserved_bit{
    .reason = "a reserved bit is set that no extension gives a meaning"};
inline constexpr Failure reserved_opcode{.reason = "the opcode is reserved"};
inline constexpr Failure longer_form{.reason = "a length is not in its shortest form"};
inline constexpr Failure top_bit{.reason = "the most significant bit of a length is set"};

// Section 5.1: who masks
inline constexpr Failure not_masked{.reason = "a frame from the client is not masked"};
inline constexpr Failure masked{.reason = "a frame from the server is masked"};

// Section 5.4: fragments
inline constexpr Failure nothing_to_continue{.reason = "a continuation frame continues no message"};
inline constexpr Failure message_in_message{
    .reason = "a message begins before the one before it has ended"};

// Section 5.5: control frames
inline constexpr Failure fragmented_control{.reason = "a control frame is fragmented"};
inline constexpr Failure long_control{.reason = "a control frame is longer than 125 bytes"};
inline constexpr Failure half_close_code{.reason = "a close frame has a payload of one byte"};
inline constexpr Failure close_code{.reason = "a close frame has a code that may not be sent"};

// Section 8.1, and what this endpoint accepts
inline constexpr Failure text_not_utf8{.code = CloseCode::invalid_payload,
                                       .reason = "a text message is not UTF-8"};
inline constexpr Failure reason_not_utf8{.code = CloseCode::invalid_payload,
                                         .reason = "the reason of a close frame is not UTF-8"};
inline constexpr Failure too_big{.code = CloseCode::message_too_big,
                                 .reason = "a message is above the limit"};

// RFC 7692, section 7.2.2: compressed messages
inline constexpr Failure not_deflate{.code = CloseCode::invalid_payload,
                                     .reason = "a compressed message is not DEFLATE"};

}  // namespace broken_rule

}  // namespace longwire::protocol
