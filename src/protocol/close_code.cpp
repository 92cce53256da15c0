#include <longwire/close_code.hpp>

namespace longwire {

std::string_view in_words(CloseCode code) noexcept {
    switch (code) {
        case CloseCode::normal:
            return "normal closure";
        case CloseCode::going_away:
            return "going away";
        case CloseCode::protocol_error:
            return "protocol error";
        case CloseCode::unsupported_data:
            return "unsupported data";
        case CloseCode::no_status_received:
            return "no status received";
        case CloseCode::abnormal_closure:
            return "abnormal closure";
        case CloseCode::invalid_payload:
            return "invalid payload";
        case CloseCode::policy_violation:
            return "policy violation";
        case CloseCode::message_too_big:
            return "message too big";
        case CloseCode::mandatory_extension:
            return "mandatory extension";
        case CloseCode::internal_error:
            return "internal error";
        case CloseCode::service_restart:
            return "service restart";
        case CloseCode::try_again_later:
            return "try again later";
        case CloseCode::bad_gateway:
            return "bad gateway";
        case CloseCode::tls_handshake_failed:
            return "TLS handshake failed";
    }
    const std::uint16_t number = to_number(code);
    if (number >= 3000 && number <= 3999) return "registered code";
    if (number >= 4000 && number <= 4999) return "application code";
    return "unknown code";
}

}  // namespace longwire
