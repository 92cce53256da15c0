#include "cli/ending.hpp"

#include "cli/exit_code.hpp"
#include "cli/harmless.hpp"

#include <fmt/core.h>

namespace longwire::cli {

int exit_code_of(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::invalid_url:
            return bad_url;
        case ErrorCode::invalid_argument:
        case ErrorCode::certificate_unusable:
            return usage;
        case ErrorCode::name_not_resolved:
            return name_not_resolved;
        case ErrorCode::connection_refused:
        case ErrorCode::connection_failed:
        case ErrorCode::timed_out:
            return not_connected;
        case ErrorCode::handshake_refused:
            return handshake_refused;
        case ErrorCode::handshake_invalid:
            return protocol_error;
        case ErrorCode::tls_failed:
        case ErrorCode::certificate_rejected:
            return tls_failed;
        case ErrorCode::proxy_failed:
            return proxy_failed;
        default:
            return failed;
    }
}

int exit_code_of(const CloseStatus& status) noexcept {
    if (status.clean &&
        (status.code == CloseCode::normal || status.code == CloseCode::no_status_received))
        return success;
    return status.code == CloseCode::protocol_error || status.code == CloseCode::invalid_payload
               ? protocol_error
               : closed_by_peer;
}

std::string in_words(const CloseStatus& status) {
    std::string words =
        fmt::format("{} {}", to_number(status.code), longwire::in_words(status.code));
    if (!status.reason.empty()) words += fmt::format(": {}", harmless(status.reason));
    return words;
}

}  // namespace longwire::cli
