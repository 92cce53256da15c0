#pragma once

#include "http/ip_address.hpp"

#include <longwire/header_field.hpp>
#include <longwire/request.hpp>
#include <longwire/result.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longwire::http {

/// What proxies say of whoever sent a request through them.
struct ForwardedClient {
    std::optional<IpAddress> address = {};
    std::optional<bool> secure = {};  // whether it came to the proxies over TLS
};

/// The proxies in front of a server, and what their word is taken for.
class TrustedProxies {
public:
    TrustedProxies() = default;

    /// `names` are addresses, networks, and "unix" for all connections over a Unix socket.
    [[nodiscard]] static Result<TrustedProxies> parse(std::span<const std::string> names,
                                                      ForwardedField field);

    [[nodiscard]] bool empty() const noexcept { return networks_.empty() && !unix_; }
    /// Whether `peer`, as Request::peer() names it, is one of them.
    [[nodiscard]] bool trusts(std::string_view peer) const;
    [[nodiscard]] bool trusts(const IpAddress& address) const noexcept;

    /// Of a request that one of them has sent. From the last hop back, the first that is none of
    /// them is the client: what stands before it, anybody may have written. Nothing where a hop
    /// on that way is no address, or there are more of them than proxies stand in a row.
    [[nodiscard]] ForwardedClient client_of(std::span<const HeaderField> fields) const;

private:
    std::vector<IpNetwork> networks_;
    bool unix_ = false;
    ForwardedField field_ = ForwardedField::x_forwarded_for;
};

}  // namespace longwire::http
