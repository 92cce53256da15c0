#pragma once

#include "http/url.hpp"

#include <longwire/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace longwire::engine {

/// A server that connects to others for us.
struct Proxy {
    enum class Kind : std::uint8_t {
        http,   ///< By CONNECT (RFC 9110, section 9.3.6).
        socks5  ///< RFC 1928.
    };

    Kind kind = Kind::http;
    std::string host;
    std::uint16_t port = 0;
    std::string user;  ///< Empty: no authentication.
    std::string password;

    /// "host:port", for a person.
    [[nodiscard]] std::string name() const;
};

/// Reads "http://[user:password@]host[:port]", "socks5://…" (also "socks5h://…") or "host:port",
/// which is HTTP. ErrorCode::invalid_argument for all else; the text, which may hold a password, is
/// not in the message, but `called` is: what the user knows it as.
[[nodiscard]] Result<Proxy> parse_proxy(std::string_view text, std::string_view called);

/// What the environment says of proxies, read once.
class EnvironmentProxies {
public:
    using Variable = std::optional<std::string>;

    /// Reads the environment. Not beside a thread that changes it.
    [[nodiscard]] static EnvironmentProxies read();

    /// The variables as they are known everywhere, in either case; the lower case counts first. The
    /// first that is set decides, and an empty one says that no proxy is wanted.
    /// HTTP_PROXY is passed over where REQUEST_METHOD is set: to a CGI program it is what a client
    /// sent as the field "Proxy".
    explicit EnvironmentProxies(const auto& get)
        : https_(first(get("https_proxy"), get("HTTPS_PROXY"))),
          http_(first(get("http_proxy"),
                      get("REQUEST_METHOD") ? Variable() : Variable(get("HTTP_PROXY")))),
          all_(first(get("all_proxy"), get("ALL_PROXY"))),
          exempt_(first(get("no_proxy"), get("NO_PROXY")).value_or("")) {}

    /// The proxy to reach `url` through; nothing: directly. Errors: invalid_argument.
    [[nodiscard]] Result<std::optional<Proxy>> proxy_for(const http::Url& url) const;

private:
    [[nodiscard]] static Variable first(Variable lower, Variable upper) {
        return lower ? std::move(lower) : std::move(upper);
    }

    Variable https_;
    Variable http_;
    Variable all_;
    std::string exempt_;
};

/// Whether `url` is one of the hosts of a NO_PROXY list: names, which stand for what is below them
/// too ("example.org" and ".example.org" alike), addresses, networks ("10.0.0.0/8"), each perhaps
/// with a port, or "*".
[[nodiscard]] bool is_exempt(const http::Url& url, std::string_view list);

}  // namespace longwire::engine
