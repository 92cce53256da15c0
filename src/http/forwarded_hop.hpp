#pragma once

#include "http/ip_address.hpp"

#include <longwire/header_field.hpp>
#include <longwire/request.hpp>

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace longwire::http {

/// A member of X-Forwarded-For, or an element of Forwarded: who sent the request to the proxy that
/// wrote it. Both are nothing where it does not say so, or not as it should.
struct ForwardedHop {
    std::optional<IpAddress> address = {};
    std::optional<bool> secure = {};

    /// "192.0.2.7", "2001:db8::7", "[2001:db8::7]"; each of the first and last may have a port.
    [[nodiscard]] static ForwardedHop of_x_forwarded_for(std::string_view member);
    /// `for="[2001:db8::7]:4711";proto=https` (RFC 7239, section 4).
    [[nodiscard]] static ForwardedHop of_forwarded(std::string_view element);
};

/// Whether `protocol`, as X-Forwarded-Proto and the proto of Forwarded name it, is one over TLS.
/// Nothing where it is none that is known.
[[nodiscard]] std::optional<bool> is_over_tls(std::string_view protocol) noexcept;

/// Gives the members of a comma list from the last one back, over all fields of its name: what
/// stands before one can not change what is read of it, not even by a quotation mark.
class ListFromBehind {
public:
    ListFromBehind(std::span<const HeaderField> fields, std::string_view name) noexcept
        : fields_(fields), name_(name) {}

    /// Nothing at the end. Empty members are passed over.
    [[nodiscard]] std::optional<std::string_view> next() noexcept;

private:
    std::span<const HeaderField> fields_;  // that are still to be read
    std::string_view name_;
    std::string_view rest_;  // of the field that is being read
};

}  // namespace longwire::http
