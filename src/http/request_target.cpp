#include "http/request_target.hpp"

#include "http/percent.hpp"

#include <longwire/header_field.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace longwire::http {

namespace {

constexpr std::array<std::string_view, 4> schemes = {"http", "https", "ws", "wss"};

std::expected<void, Fault> take_absolute_form(std::string_view target, RequestTarget& parts) {
    const std::size_t colon = target.find("://");
    const std::string_view scheme = target.substr(0, colon);
    const bool is_known = std::ranges::any_of(
        schemes, [&](std::string_view known) { return same_field_name(known, scheme); });
    if (colon == std::string_view::npos || !is_known)
        return std::unexpected(Fault{
            400, "the request target is neither a path that begins with / nor an http:// URL"});
    const std::string_view rest = target.substr(colon + 3);
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    parts.authority = rest.substr(0, end);
    parts.path_and_query = rest.substr(end);
    if (parts.authority.empty() || parts.authority.find('@') != std::string_view::npos)
        return std::unexpected(
            Fault{400, "the request target has no host, or a name and password before it"});
    return {};
}

}  // namespace

std::expected<RequestTarget, Fault> parse_request_target(std::string_view method,
                                                         std::string_view target) {
    RequestTarget parts;
    if (method == "CONNECT")
        return std::unexpected(
            Fault{400, "this server is not a proxy, so it does not support CONNECT"});
    if (method == "OPTIONS" && target == "*") {
        parts.path_and_query = target;
        parts.decoded_path = "/";
        return parts;
    }
    if (target.find('#') != std::string_view::npos)
        return std::unexpected(
            Fault{400, "the request target holds a fragment (#), which is never sent"});
    if (target.starts_with('/'))
        parts.path_and_query = target;
    else if (auto taken = take_absolute_form(target, parts); !taken)
        return std::unexpected(std::move(taken.error()));

    const std::size_t mark = parts.path_and_query.find('?');
    if (mark != std::string_view::npos) parts.query = parts.path_and_query.substr(mark + 1);
    parts.sent_path = parts.path_and_query.substr(0, mark);
    if (parts.sent_path.empty()) parts.decoded_path = "/";
    if (parts.sent_path.find('%') == std::string_view::npos) return parts;
    auto path = percent_decode(parts.sent_path);
    if (!path)
        return std::unexpected(Fault{400, "the path holds a % that two hex digits do not follow"});
    if (path->find('\0') != std::string::npos)
        return std::unexpected(Fault{400, "the path holds %00"});
    parts.decoded_path = *std::move(path);
    return parts;
}

}  // namespace longwire::http
