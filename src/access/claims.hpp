#pragma once

#include <longwire/result.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::access {

/// What a token says, once it has been found good.
struct Claims {
    std::string user;  // "sub"
    std::string info;  // "info", as JSON: others see it beside the user
    /// "exp": when it and the leeway are over the token is no good, and neither is what was opened
    /// with it. At most the year 2200.
    std::optional<std::chrono::sys_seconds> expires;
    std::vector<std::string> channels;  // patterns: may be subscribed, and looked at
    std::vector<std::string> publish;   // patterns: may be published on
    std::string json;                   // all of it

    [[nodiscard]] bool may_subscribe(std::string_view channel) const noexcept;
    [[nodiscard]] bool may_publish(std::string_view channel) const noexcept;
};

/// What a server asks of the claims of a token, beside that it has not expired.
struct ClaimsDemands {
    std::string audience;  // empty: not asked for
    std::string issuer;
    std::chrono::seconds leeway = std::chrono::seconds(10);
};

/// Reads the claims set of a token (RFC 7519, section 4), and judges it. Errors: invalid_argument,
/// with a sentence for whoever showed the token.
[[nodiscard]] Result<Claims> read_claims(std::string_view json, const ClaimsDemands& demands,
                                         std::chrono::system_clock::time_point now);

}  // namespace longwire::access
