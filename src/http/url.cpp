#include "http/url.hpp"

#include "http/field_grammar.hpp"
#include "http/lower_case.hpp"
#include "http/percent.hpp"

#include <longwire/header_field.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>
#include <system_error>
#include <utility>

namespace longwire::http {

namespace {

constexpr std::size_t max_host_size = 253;
constexpr std::size_t max_shown = 200;

constexpr std::uint16_t default_port(bool secure) noexcept {
    return secure ? 443 : 80;
}

/// The URL as a message may show it: on one line, not endless, without a password. What stands
/// before an '@' is taken for a name and a password wherever a URL that is wrong might have them.
std::string shown(std::string_view text) {
    const std::size_t colon = text.find_first_of(":/");
    const bool has_scheme = colon != std::string_view::npos && text[colon] == ':';
    const std::size_t scheme_end = has_scheme ? colon + 1 : 0;
    const bool has_slashes = text.substr(scheme_end).starts_with('/');
    const std::size_t begin =
        has_slashes ? std::min(text.find_first_not_of('/', scheme_end), text.size()) : 0;
    const std::string_view authority =
        text.substr(begin, text.find_first_of("/?#\\", begin) - begin);
    std::string url(text);
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
        url.replace(begin, at, "***");
    if (url.size() > max_shown) url.replace(max_shown, std::string::npos, "...");
    for (char& letter : url)
        if (static_cast<unsigned char>(letter) < 0x20 || letter == '\x7F') letter = '?';
    return url;
}

Failure not_a_url(std::string_view text, std::string_view why) {
    return failure(ErrorCode::invalid_url,
                   "\"" + shown(text) + "\" is not a WebSocket URL: " + std::string(why));
}

/// What is wrong, or nothing.
using Complaint = std::optional<std::string>;

bool is_scheme(std::string_view text) noexcept {
    return !text.empty() && is_alpha(text.front()) && std::ranges::all_of(text, [](char letter) {
        return is_digit(letter) || is_alpha(letter) || letter == '+' || letter == '-' ||
               letter == '.';
    });
}

bool take_scheme(std::string_view scheme, Url& url) {
    const auto is = [&](std::string_view name) { return same_field_name(scheme, name); };
    url.secure = is("wss") || is("https");
    url.scheme = url.secure ? "wss" : "ws";
    url.port = default_port(url.secure);
    return url.secure || is("ws") || is("http");
}

std::string missing_scheme(std::string_view text) {
    const std::size_t colon = text.find(':');
    Url scratch;
    if (colon != std::string_view::npos && take_scheme(text.substr(0, colon), scratch))
        return "two slashes follow the scheme; expected ws://HOST[:PORT]/PATH";
    const std::size_t begin = text.find_first_not_of('/');
    if (begin == std::string_view::npos || begin == 1)
        return "it names no host; expected ws://HOST[:PORT]/PATH";
    return "it has no scheme; did you mean \"ws://" + shown(text.substr(begin)) + "\"?";
}

Complaint take_port(std::string_view text, Url& url) {
    // As if there were none (RFC 3986, section 3.2.3).
    if (text.empty()) return std::nullopt;
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number == 0 || number > 65535)
        return "the port is \"" + std::string(text.substr(0, 20)) +
               "\"; expected a number from 1 to 65535";
    url.port = static_cast<std::uint16_t>(number);
    url.has_port = true;
    return std::nullopt;
}

/// "eth0", "wlan0.7", "3"; what a Host field or a message could be broken by is none.
bool is_zone(std::string_view text) noexcept {
    constexpr std::size_t longest = 15;  // as Linux names interfaces
    return !text.empty() && text.size() <= longest && std::ranges::all_of(text, [](char letter) {
        return is_digit(letter) || is_alpha(letter) || letter == '-' || letter == '.' ||
               letter == '_';
    });
}

Complaint take_address(std::string_view text, Url& url) {
    // The zone stands behind "%25" (RFC 6874), or "%", as people copy it from elsewhere.
    const std::size_t mark = text.find('%');
    in6_addr address = {};
    url.host = in_lower_case(text.substr(0, mark));
    if (url.host.size() > INET6_ADDRSTRLEN || inet_pton(AF_INET6, url.host.c_str(), &address) != 1)
        return "[" + std::string(text.substr(0, INET6_ADDRSTRLEN)) +
               "] is not an IPv6 address; expected for instance ws://[::1]:8000/";
    if (mark == std::string_view::npos) return std::nullopt;
    const bool encoded = text.substr(mark).starts_with("%25") && text.size() > mark + 3;
    const std::string_view zone = text.substr(mark + (encoded ? 3 : 1));
    if (!is_zone(zone))
        return "what follows the % of its IPv6 address names no network interface; expected for "
               "instance ws://[fe80::1%eth0]:8000/";
    url.host.append("%").append(zone);
    return std::nullopt;
}

Complaint take_name(std::string_view text, Url& url) {
    if (text.empty() || text == ".") return "it names no host; expected ws://HOST[:PORT]/PATH";
    if (text.size() > max_host_size) return "the host name is longer than 253 characters";
    for (const char letter : text) {
        if (static_cast<unsigned char>(letter) >= 0x80)
            return "the host name holds letters outside of ASCII; write it in its xn-- form";
        if (!is_digit(letter) && !is_alpha(letter) && letter != '-' && letter != '.' &&
            letter != '_')
            return "the host name holds \"" + std::string(1, letter) +
                   "\"; expected letters, digits, - and .";
    }
    url.host = in_lower_case(text);
    return std::nullopt;
}

Complaint take_host(std::string_view text, Url& url) {
    std::string_view port;
    bool has_port = false;
    Complaint complaint;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos)
            return "the [ of its IPv6 address is not closed; expected for instance "
                   "ws://[::1]:8000/";
        complaint = take_address(text.substr(1, end - 1), url);
        const std::string_view rest = text.substr(end + 1);
        has_port = rest.starts_with(':');
        if (!rest.empty() && !has_port)
            return "a colon and the port, or the path, follow the ] of an IPv6 address";
        if (has_port) port = rest.substr(1);
    } else {
        const std::size_t colon = text.find(':');
        has_port = colon != std::string_view::npos;
        if (has_port && text.find(':', colon + 1) != std::string_view::npos)
            return "an IPv6 address stands in brackets, as in ws://[::1]:8000/";
        complaint = take_name(text.substr(0, colon), url);
        if (has_port) port = text.substr(colon + 1);
    }
    if (complaint || !has_port) return complaint;
    return take_port(port, url);
}

Complaint take_user(std::string_view text, Url& url) {
    const std::size_t colon = text.find(':');
    auto user = percent_decode(text.substr(0, colon));
    auto password = percent_decode(colon == std::string_view::npos ? std::string_view()
                                                                   : text.substr(colon + 1));
    if (!user || !password)
        return "the name or password holds a % that two hex digits do not follow; write % as %25";
    url.user = *std::move(user);
    url.password = *std::move(password);
    return std::nullopt;
}

Complaint judge_letters(std::string_view text) {
    for (const char letter : text) {
        if (letter == ' ') return "it holds a space; write it as %20";
        if (static_cast<unsigned char>(letter) < 0x20 || letter == '\x7F')
            return "it holds a control character";
        if (letter == '\\') return "it holds a backslash; write / or %5C";
        if (letter == '#')
            return "a WebSocket URL has no fragment; leave out the # or write it as %23";
    }
    return std::nullopt;
}

/// Without its zone.
std::string in_brackets(const std::string& host) {
    return host.find(':') == std::string::npos ? host : "[" + host.substr(0, host.find('%')) + "]";
}

}  // namespace

std::string Url::host_field() const {
    return port == default_port(secure) ? in_brackets(host) : authority();
}

std::string Url::authority() const {
    return in_brackets(host) + ":" + std::to_string(port);
}

std::string Url::known_host() const {
    if (host.find(':') != std::string::npos) return host.substr(0, host.find('%'));
    return host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

Result<Url> parse_url(std::string_view text) {
    Url url;
    if (text.empty()) return not_a_url(text, "it is empty; expected ws://HOST[:PORT]/PATH");
    if (const auto complaint = judge_letters(text)) return not_a_url(text, *complaint);
    const std::size_t colon = text.find("://");
    const std::string_view scheme = text.substr(0, colon);
    if (colon == std::string_view::npos || (!is_scheme(scheme) && !scheme.empty()))
        return not_a_url(text, missing_scheme(text));
    if (!take_scheme(scheme, url))
        return not_a_url(text, "the scheme is \"" + shown(scheme) + "\"; expected ws:// or wss://");
    const std::string_view rest = text.substr(colon + 3);
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    std::string_view host = rest.substr(0, end);
    if (const std::size_t at = host.rfind('@'); at != std::string_view::npos) {
        if (const auto complaint = take_user(host.substr(0, at), url))
            return not_a_url(text, *complaint);
        host.remove_prefix(at + 1);
    }
    if (const auto complaint = take_host(host, url)) return not_a_url(text, *complaint);
    url.target = percent_encode_target(rest.substr(end));
    if (!url.target.starts_with('/')) url.target.insert(0, "/");
    return url;
}

}  // namespace longwire::http
