#include "protocol/origin.hpp"

#include <longwire/header_field.hpp>

#include <algorithm>

namespace longwire::protocol {

namespace {

/// `host` without the port that its scheme has anyway.
std::string_view without_default_port(std::string_view host, bool secure) noexcept {
    const std::string_view port = secure ? ":443" : ":80";
    if (host.ends_with(port)) host.remove_suffix(port.size());
    return host;
}

bool is_origin_of(std::string_view origin, std::string_view host) noexcept {
    const std::size_t end = origin.find("://");
    if (end == std::string_view::npos || host.empty()) return false;
    const std::string_view scheme = origin.substr(0, end);
    const bool secure = same_field_name(scheme, "https");
    if (!secure && !same_field_name(scheme, "http")) return false;
    return same_field_name(without_default_port(origin.substr(end + 3), secure),
                           without_default_port(host, secure));
}

}  // namespace

bool origin_allowed(std::string_view origin, std::string_view host,
                    std::span<const std::string> allowed) noexcept {
    return origin.empty() || is_origin_of(origin, host) ||
           std::ranges::any_of(allowed, [&](std::string_view listed) {
               return listed == "*" || same_field_name(listed, origin);
           });
}

}  // namespace longwire::protocol
