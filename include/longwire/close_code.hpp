#pragma once

#include <longwire/standard.hpp>

#include <cstdint>
#include <string_view>

namespace longwire {

/// Why a connection was closed (RFC 6455, section 7.4, and the IANA registry). Any number from
/// 3000 to 3999 (registered by libraries) or 4000 to 4999 (your own) may be used as well:
/// `CloseCode{4001}`.
enum class CloseCode : std::uint16_t {
    normal = 1000,                ///< The purpose of the connection has been fulfilled.
    going_away = 1001,            ///< The server is going down, or the page was left.
    protocol_error = 1002,        ///< The peer broke the protocol.
    unsupported_data = 1003,      ///< A kind of message this endpoint does not take.
    no_status_received = 1005,    ///< Never sent: the peer's close frame carried no code.
    abnormal_closure = 1006,      ///< Never sent: the connection ended without a close frame.
    invalid_payload = 1007,       ///< Text that is not UTF-8, or data that is not what it claims.
    policy_violation = 1008,      ///< Any reason that no other code names.
    message_too_big = 1009,       ///< A message above the limit of the endpoint.
    mandatory_extension = 1010,   ///< The client needs an extension that the server did not take.
    internal_error = 1011,        ///< The server met something that keeps it from going on.
    service_restart = 1012,       ///< The server restarts; come back after a short random wait.
    try_again_later = 1013,       ///< The server is overloaded; come back later.
    bad_gateway = 1014,           ///< A gateway got an invalid answer from behind it.
    tls_handshake_failed = 1015,  ///< Never sent: TLS could not be set up.
};

/// The number of `code`.
[[nodiscard]] constexpr std::uint16_t to_number(CloseCode code) noexcept {
    return static_cast<std::uint16_t>(code);
}

/// Whether a close frame may carry `code` (RFC 6455, sections 7.4.1 and 7.4.2): 1000 to 1003,
/// 1007 to 1014, 3000 to 4999.
[[nodiscard]] constexpr bool may_be_sent(CloseCode code) noexcept {
    const std::uint16_t number = to_number(code);
    return (number >= 1000 && number <= 1003) || (number >= 1007 && number <= 1014) ||
           (number >= 3000 && number <= 4999);
}

/// The code in a few words, without a number: "normal closure", "message too big". A code from
/// the ranges that have no fixed meaning gives the range's name, any other one "unknown code".
[[nodiscard]] std::string_view in_words(CloseCode code) noexcept;

}  // namespace longwire
