#pragma once

#include <longwire/result.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace longwire::http {

/// Where a WebSocket is to be opened (RFC 6455, section 3).
struct Url {
    std::string scheme = "ws";  ///< "ws" or "wss"; http: and https: stand for these.
    bool secure = false;        ///< The scheme is wss.
    /// In lower case; an IPv6 address without its brackets, with its zone ("fe80::1%eth0"), if it
    /// has one. A name may end in a dot.
    std::string host;
    std::uint16_t port = 80;   ///< 80, or 443 for wss, where the URL names none.
    bool has_port = false;     ///< Whether the URL names it.
    std::string target = "/";  ///< Path and query, percent-encoded, as a request carries them.
    std::string user;          ///< Decoded; empty where there is none.
    std::string password;      ///< Decoded; empty where there is none.

    /// The value of the Host field: brackets around an IPv6 address, the port if it is not the
    /// scheme's own. A zone is of this machine alone, and is left out (RFC 6874, section 4).
    [[nodiscard]] std::string host_field() const;
    /// "host:port", with brackets around an IPv6 address and always with the port; without a zone.
    [[nodiscard]] std::string authority() const;
    /// As others know it, in certificates, for instance: without a zone, and without the dot at the
    /// end of a name.
    [[nodiscard]] std::string known_host() const;
};

/// Reads `text`; ErrorCode::invalid_url, with a message that names what is wrong and shows what is
/// expected, for all that is no such URL. A password is never shown. In the path and the query,
/// characters that may not stand there are percent-encoded.
[[nodiscard]] Result<Url> parse_url(std::string_view text);

}  // namespace longwire::http
