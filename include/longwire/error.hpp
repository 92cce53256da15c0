#pragma once

#include <longwire/standard.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace longwire {

/// What went wrong, for programs. The numbers are stable: a code keeps its number for good.
enum class ErrorCode : std::uint8_t {
    // What was asked for
    invalid_argument = 1,  ///< An option or argument is outside what its documentation allows.
    invalid_url = 2,  ///< The text is not a ws:, wss:, http: or https: URL (RFC 6455, section 3).
    unsupported = 3,  ///< This build or this machine cannot do it.

    // Reaching the other side
    name_not_resolved = 10,   ///< The host name has no address, or no name server answered.
    connection_refused = 11,  ///< Nothing listens at that address and port.
    connection_failed = 12,   ///< The connection could not be made or broke; the message says how.
    timed_out = 13,           ///< The time given for this step passed.
    tls_failed = 14,          ///< No TLS connection came about; the message says why not.
    certificate_rejected = 15,  ///< The server's certificate is not one to trust.
    proxy_failed = 16,  ///< The proxy could not be reached, or would not connect to the server.
    cancelled = 17,     ///< The program took back what it had asked for.

    // Listening
    address_in_use = 20,         ///< Another program already listens at that address and port.
    address_not_available = 21,  ///< This machine has no such address.
    permission_denied = 22,  ///< The operating system refused (a port below 1024, a file's mode).
    listen_failed = 23,      ///< Any other reason why no listening socket could be made.
    certificate_unusable = 24,  ///< A certificate, key or file of roots cannot be used.

    // The opening handshake (RFC 6455, section 4)
    handshake_refused = 30,  ///< The server answered with an HTTP status other than 101.
    handshake_invalid = 31,  ///< The answer is not HTTP, or not a handshake that RFC 6455 allows.

    // The system
    system = 40,  ///< A system call failed for a reason of its own; the message names both.
};

struct HttpAnswer;

/// A failure as a value: a code for the program, and one line for a person that names what
/// happened, to what, and what to do next. Cheap to move. Any thread may use its own copy.
class Error {
public:
    Error(ErrorCode code, std::string message) : message_(std::move(message)), code_(code) {}
    Error(ErrorCode code, std::string message, std::shared_ptr<const HttpAnswer> answer)
        : message_(std::move(message)), answer_(std::move(answer)), code_(code) {}

    [[nodiscard]] ErrorCode code() const noexcept { return code_; }

    /// One line without a line break at its end. Valid as long as this Error.
    [[nodiscard]] const std::string& message() const noexcept { return message_; }

    /// What a server (or a proxy) answered instead of what was hoped for, where it was HTTP
    /// (`longwire/http_answer.hpp`); null otherwise. Valid as long as this Error.
    [[nodiscard]] const HttpAnswer* answer() const noexcept { return answer_.get(); }

private:
    std::string message_;
    std::shared_ptr<const HttpAnswer> answer_;
    ErrorCode code_;
};

}  // namespace longwire
