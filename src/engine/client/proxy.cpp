#include "engine/client/proxy.hpp"

#include "http/ip_address.hpp"
#include "net/localhost.hpp"

#include <longwire/header_field.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <utility>

namespace longwire::engine {

namespace {

constexpr std::uint16_t socks_port = 1080;

bool is_in_network(const http::IpAddress& address, std::string_view network) {
    if (network.starts_with('[') && network.ends_with(']'))
        network = network.substr(1, network.size() - 2);
    const auto known = http::IpNetwork::parse(network);
    return known && known->contains(address);
}

bool is_this_machine(const http::Url& url) {
    if (net::is_localhost(url.host)) return true;
    const auto address = http::IpAddress::parse(url.known_host());
    return address && (is_in_network(*address, "127.0.0.0/8") || is_in_network(*address, "::1"));
}

/// Takes ":port" off an entry; false where it names another port than the URL's.
bool take_port(std::string_view& entry, const http::Url& url) {
    const std::size_t colon = entry.rfind(':');
    if (colon == std::string_view::npos || entry.ends_with(']')) return true;
    // Without brackets, more than one colon is an IPv6 address.
    if (!entry.starts_with('[') && entry.find(':') != colon) return true;
    const bool same = entry.substr(colon + 1) == std::to_string(url.port);
    entry = entry.substr(0, colon);
    return same;
}

bool matches(const http::Url& url, std::string_view entry) {
    if (entry == "*") return true;
    if (!take_port(entry, url)) return false;
    if (const auto address = http::IpAddress::parse(url.known_host()))
        return is_in_network(*address, entry);
    while (entry.starts_with('*')) entry.remove_prefix(1);
    while (entry.starts_with('.')) entry.remove_prefix(1);
    if (entry.ends_with('.')) entry.remove_suffix(1);
    const std::string host = url.known_host();
    if (entry.empty() || entry.size() > host.size()) return false;
    const std::size_t begin = host.size() - entry.size();
    return same_field_name(std::string_view(host).substr(begin), entry) &&
           (begin == 0 || host[begin - 1] == '.');
}

}  // namespace

std::string Proxy::name() const {
    const bool is_ipv6 = host.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Proxy> parse_proxy(std::string_view text, std::string_view called) {
    const auto refuse = [&](std::string_view why) {
        return failure(ErrorCode::invalid_argument,
                       std::string(called) + " cannot be used: " + std::string(why) +
                           "; write http://[user:password@]host:port or "
                           "socks5://[user:password@]host:port");
    };
    Proxy proxy;
    const std::size_t end = text.find("://");
    const std::string_view scheme = text.substr(0, end == std::string_view::npos ? 0 : end);
    const auto is = [&](std::string_view name) { return same_field_name(scheme, name); };
    if (is("socks5") || is("socks5h"))
        proxy.kind = Proxy::Kind::socks5;
    else if (is("https"))
        return refuse("TLS to a proxy is not supported yet");
    else if (!is("http") && !scheme.empty())
        return refuse("its scheme is neither http nor socks5");
    const std::string_view rest = scheme.empty() ? text : text.substr(end + 3);
    auto url = http::parse_url("http://" + std::string(rest));
    if (!url) return refuse("it names no host and port");
    if (url->target != "/") return refuse("it has a path");
    proxy.host = std::move(url->host);
    proxy.port = proxy.kind == Proxy::Kind::socks5 && !url->has_port ? socks_port : url->port;
    proxy.user = std::move(url->user);
    proxy.password = std::move(url->password);
    if (proxy.kind == Proxy::Kind::socks5 &&
        (proxy.user.size() > 255 || proxy.password.size() > 255))
        return refuse("SOCKS takes a user and a password of up to 255 bytes each");
    return proxy;
}

EnvironmentProxies EnvironmentProxies::read() {
    return EnvironmentProxies([](const char* name) -> Variable {
        const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): as read says
        return value == nullptr ? Variable() : Variable(value);
    });
}

Result<std::optional<Proxy>> EnvironmentProxies::proxy_for(const http::Url& url) const {
    const Variable& own = url.secure ? https_ : http_;
    const Variable& chosen = own ? own : all_;
    if (!chosen || chosen->empty() || is_this_machine(url) || is_exempt(url, exempt_))
        return std::nullopt;
    const std::string_view variable = !own         ? "ALL_PROXY"
                                      : url.secure ? "HTTPS_PROXY"
                                                   : "HTTP_PROXY";
    auto proxy =
        parse_proxy(*chosen, "the proxy of the environment variable " + std::string(variable));
    if (!proxy) return Failure(std::move(proxy.error()));
    return std::move(*proxy);
}

bool is_exempt(const http::Url& url, std::string_view list) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find_first_of(", \t"), list.size());
        if (end > 0 && matches(url, list.substr(0, end))) return true;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

}  // namespace longwire::engine
