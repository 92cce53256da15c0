#pragma once

#include <longwire/connection_limits.hpp>
#include <longwire/header_field.hpp>
#include <longwire/result.hpp>
#include <longwire/task.hpp>
#include <longwire/tls.hpp>
#include <longwire/websocket.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace longwire {

/// A short list that is written in place: `{"chat", "superchat"}`. A view: it owns no text.
class NameList {
public:
    static constexpr std::size_t max_size = 16;

    constexpr NameList() = default;
    template <std::convertible_to<std::string_view>... Names>
        requires(sizeof...(Names) > 0 && sizeof...(Names) <= max_size)
    constexpr NameList(const Names&... names)  // NOLINT(google-explicit-constructor)
        : names_{std::string_view(names)...}, size_(sizeof...(Names)) {}
    /// The first `max_size` of `names`.
    template <std::convertible_to<std::string_view> Name>
    constexpr explicit NameList(std::span<const Name> names) noexcept
        : size_(std::min(names.size(), max_size)) {
        std::copy_n(names.begin(), size_, names_.begin());
    }

    [[nodiscard]] constexpr std::span<const std::string_view> view() const noexcept {
        return std::span(names_).first(size_);
    }

private:
    std::array<std::string_view, max_size> names_ = {};
    std::size_t size_ = 0;
};

/// How `connect` connects. All of it is views and plain values, read during the call of `connect`
/// and not kept: text need not live longer than that call. (It is so made because options are
/// written inside `co_await`, where g++ 12 destroys temporary objects that own memory twice.)
struct ConnectOptions {
    /// Subprotocols to offer, the preferred first (RFC 6455, section 1.9).
    NameList subprotocols = {};
    /// Further header fields of the request. A Host among them takes the place of the URL's (TLS
    /// still asks for the host of the URL); another field that the handshake writes is refused.
    std::span<const HeaderField> headers = {};
    /// The Origin field (RFC 6454); empty: none is sent.
    std::string_view origin = {};
    /// "user:password" for basic authorization (RFC 7617), in place of those of the URL.
    std::string_view user = {};
    /// A token for bearer authorization (RFC 6750), in place of `user`.
    std::string_view bearer = {};
    /// The Cookie field (RFC 6265, section 4.2): "name=value; other=value".
    std::string_view cookies = {};
    /// The proxy to go through: "http://[user:password@]host[:port]" (CONNECT, RFC 9110, section
    /// 9.3.6), or "socks5://[user:password@]host[:port]" (RFC 1928; the proxy looks up the name).
    std::string_view proxy = {};
    /// Where `proxy` is empty, go through the proxy that the environment names: HTTPS_PROXY for
    /// wss:, HTTP_PROXY for ws:, ALL_PROXY for both, in either case, and not to the hosts of
    /// NO_PROXY. Unix sockets are always reached directly, and so is this machine.
    bool environment_proxy = true;
    /// The address of this machine to connect from (to the proxy, where there is one): "192.0.2.7"
    /// or "2001:db8::7"; the server's addresses of the other family are then left out. Empty: the
    /// system chooses. A port is always chosen by the system.
    std::string_view local_address = {};
    /// How many redirects (301, 302, 303, 307, 308) to follow; 0: a redirect is a refusal. What is
    /// secret (`user`, `bearer`, `cookies`, the fields Authorization and Cookie) goes to the first
    /// origin alone, as does a Host that was given, and wss: is never left for ws:.
    std::uint8_t max_redirects = 0;
    /// For wss: URLs: what to trust, and what to show.
    ClientTls tls = {};
    /// For everything from the name to the server's answer.
    std::chrono::milliseconds handshake_timeout = std::chrono::seconds(10);
    /// Sizes, times and counts of the connection, and whether compression is offered.
    ConnectionLimits limits = {};
};

/// Connects to `url` (`ws://host[:port]/path`, `wss:` for TLS; a Unix socket:
/// `ws+unix:///path/of/socket:/path`, or `wss+unix:`, whose certificate is for localhost) and makes
/// the opening handshake. To be awaited in a coroutine
/// that runs on a loop: one of `run`, `spawn` or a coroutine route. Errors: invalid_url,
/// invalid_argument, unsupported, name_not_resolved, connection_refused, connection_failed,
/// timed_out, handshake_refused, handshake_invalid, tls_failed, certificate_rejected,
/// certificate_unusable, proxy_failed. After handshake_refused (and a proxy's refusal)
/// `Error::answer` has the whole answer.
[[nodiscard]] Task<Result<WebSocket>> connect(std::string_view url, const ConnectOptions& options);

/// The same without options. (Those that are written inside `co_await` stay in the frame of the
/// coroutine for as long as it runs.)
[[nodiscard]] Task<Result<WebSocket>> connect(std::string_view url);

}  // namespace longwire
