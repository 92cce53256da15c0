#include "http/url_reference.hpp"

#include "http/field_grammar.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace longwire::http {

namespace {

bool names_scheme(std::string_view reference) noexcept {
    const std::size_t colon = reference.find_first_of(":/?");
    return colon != std::string_view::npos && colon > 0 && reference[colon] == ':' &&
           is_alpha(reference.front());
}

/// RFC 3986, section 5.2.4, for a path that begins with a slash.
std::string without_dot_segments(std::string_view path) {
    std::string output;
    while (!path.empty()) {
        const std::size_t end = std::min(path.find('/', 1), path.size());
        const std::string_view segment = path.substr(0, end);
        path.remove_prefix(end);
        if (segment == "/." || segment == "/..") {
            if (segment == "/..")
                output.resize(output.rfind('/') == std::string::npos ? 0 : output.rfind('/'));
            if (path.empty()) output += '/';
            continue;
        }
        output += segment;
    }
    return output.empty() ? "/" : output;
}

/// The path and query that `reference`, which names no host, stands for.
std::string merge(std::string_view target, std::string_view reference) {
    const std::string_view path = target.substr(0, target.find('?'));
    if (reference.empty()) return std::string(target);
    if (reference.starts_with('?')) return std::string(path) + std::string(reference);
    const std::size_t query = std::min(reference.find('?'), reference.size());
    std::string whole(reference.substr(0, query));
    if (!whole.starts_with('/')) whole.insert(0, path.substr(0, path.rfind('/') + 1));
    return without_dot_segments(whole) + std::string(reference.substr(query));
}

}  // namespace

Result<Url> resolve_reference(const Url& base, std::string_view reference) {
    reference = reference.substr(0, reference.find('#'));
    if (names_scheme(reference)) return parse_url(reference);
    if (reference.starts_with("//")) return parse_url(base.scheme + ":" + std::string(reference));
    auto url = parse_url(base.scheme + "://" + base.host_field() + merge(base.target, reference));
    if (!url) return url;
    url->user = base.user;
    url->password = base.password;
    return url;
}

bool same_origin(const Url& left, const Url& right) {
    return left.secure == right.secure && left.known_host() == right.known_host() &&
           left.port == right.port;
}

}  // namespace longwire::http
