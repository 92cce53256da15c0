#pragma once

namespace longwire::cli {

/// How the program ends, for scripts. Each is in the --help of the command that gives it.
enum ExitCode : int {
    success = 0,
    failed = 1,             ///< Anything that no other code names.
    usage = 2,              ///< An option or argument is wrong.
    bad_url = 3,            ///< connect: the URL is not a WebSocket URL.
    name_not_resolved = 4,  ///< connect: the host has no address.
    not_connected = 5,      ///< connect: refused, unreachable, or too late.
    handshake_refused = 6,  ///< connect: an HTTP answer other than 101.
    protocol_error = 7,     ///< connect: what came is not the WebSocket protocol.
    closed_by_peer = 8,     ///< connect: the server ended it, with a code other than 1000.
    tls_failed = 9,         ///< connect: no TLS, or a certificate that is not to be trusted.
    proxy_failed = 10,      ///< connect: the proxy is not there, or would not connect.
    output_failed = 11,     ///< What was to be printed could not be written: a full disk.
    input_failed = 12,      ///< Standard input, or a file that was named, could not be read.
    signalled = 128,        ///< connect: and the number of the signal that ended it.
};

}  // namespace longwire::cli
