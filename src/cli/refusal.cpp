#include "cli/refusal.hpp"

#include "cli/harmless.hpp"
#include "cli/terminal.hpp"
#include "cli/word_wrap.hpp"

#include <fmt/core.h>
#include <longwire/http_answer.hpp>

#include <algorithm>
#include <string_view>

namespace longwire::cli {

namespace {

bool contains(std::string_view text, std::string_view part) noexcept {
    return text.find(part) != std::string_view::npos;
}

bool mentions_scheme(const HttpAnswer& answer, std::string_view challenge,
                     std::string_view scheme) {
    for (const auto& [name, value] : answer.fields) {
        if (!same_field_name(name, challenge)) continue;
        for (std::size_t place = 0; place + scheme.size() <= value.size(); ++place)
            if (same_field_name(std::string_view(value).substr(place, scheme.size()), scheme))
                return true;
    }
    return false;
}

/// Whether the URL, or that of a proxy, holds a user.
bool names_user(std::string_view url) noexcept {
    const std::size_t begin = url.find("://");
    if (begin != std::string_view::npos) url.remove_prefix(begin + 3);
    return contains(url.substr(0, url.find_first_of("/?")), "@");
}

std::string_view about_unauthorized(const HttpAnswer& answer, const ConnectOptions& options) {
    const auto wants = [&](std::string_view scheme) {
        return mentions_scheme(answer, "WWW-Authenticate", scheme);
    };
    const bool basic = wants("Basic");
    const bool bearer = wants("Bearer");
    const bool sent_user = !options.user.empty() || names_user(options.url);
    const bool sent_token = !options.bearer.empty();
    if (sent_token && basic && !bearer)
        return "A token was sent, and it wants a user and password: --user USER:PASSWORD.";
    if (sent_user && bearer && !basic)
        return "A user and password were sent, and it wants a token: --bearer TOKEN.";
    if (sent_user || sent_token)
        return "It does not accept the user, password or token that was sent.";
    if (basic && bearer)
        return "It wants a user and password (--user USER:PASSWORD) or a token (--bearer TOKEN).";
    if (basic) return "It wants a user and password: --user USER:PASSWORD.";
    if (bearer) return "It wants a token: --bearer TOKEN.";
    if (wants("Digest") || wants("Negotiate") || wants("NTLM"))
        return "It wants a kind of login that is not supported (see WWW-Authenticate above): only "
               "--user (Basic), --bearer, --cookie and what -H can say are.";
    return "It wants to know who you are: try --user USER:PASSWORD, --bearer TOKEN, --cookie, or "
           "a token in the URL.";
}

std::string about_forbidden(const ConnectOptions& options) {
    if (options.origin.empty())
        return "Many servers allow only their own pages: try --origin https://HOST with the "
               "server's own name. Or what was sent to log in is not enough for this path.";
    return fmt::format(
        "It may not allow pages from {}: try --origin with the server's own name, or without. Or "
        "what was sent to log in is not enough for this path.",
        harmless(options.origin));
}

std::string_view about_upgrade(const HttpAnswer& answer) {
    const std::string_view versions = answer.field("Sec-WebSocket-Version");
    // Ours is among them where something else was wrong.
    if (!versions.empty() && !contains(versions, "13"))
        return "It speaks another version of the WebSocket protocol; the versions it knows are in "
               "Sec-WebSocket-Version above.";
    return "What reached it was not a WebSocket handshake any more: a proxy in between may have "
           "removed the Upgrade field. In nginx, set proxy_http_version 1.1 and the fields Upgrade "
           "and Connection.";
}

std::string about_redirect(const HttpAnswer& answer, const ConnectOptions& options) {
    const std::string_view location = answer.field("Location");
    if (location.empty()) return "It leads elsewhere, but does not say where.";
    if (options.follow)
        return "It leads to where this connection must not follow (too many redirects, from wss: "
               "to ws:, or to no WebSocket URL).";
    return "It leads elsewhere: -L goes there. To a login page? Then log in with --user, --bearer "
           "or --cookie.";
}

std::string_view about_bad_request(const HttpAnswer& answer) {
    if (contains(answer.body, "HTTPS") || contains(answer.body, "TLS"))
        return "The server speaks TLS at this port: write wss:// instead of ws://.";
    return "The server could not make sense of the request: the Host of the URL, the subprotocol "
           "(-s) or a header field (-H) may not be what it expects; or a proxy in between passed "
           "it on with HTTP/1.0 or without the Upgrade field (in nginx: proxy_http_version 1.1, "
           "and the fields Upgrade and Connection).";
}

std::string_view about_gateway(int status) {
    if (status == 504) return "A proxy reached the server behind it, which did not answer in time.";
    if (status == 503)
        return "The server, or the one behind a proxy, is overloaded, at its limit of connections, "
               "or being restarted: try again later (--reconnect does).";
    return "A proxy got no usable answer from the server behind it: is that one running, and does "
           "the proxy know its address and that it speaks WebSocket?";
}

std::string likely_meaning(const HttpAnswer& answer, const ConnectOptions& options) {
    switch (answer.status) {
        case 200:
            return "There is a page at this path, and no WebSocket: another path may have it "
                   "(often /ws, /socket or /websocket), or a proxy in between removed the Upgrade "
                   "field.";
        case 301:
        case 302:
        case 303:
        case 307:
        case 308:
            return about_redirect(answer, options);
        case 400:
            return std::string(about_bad_request(answer));
        case 401:
            return std::string(about_unauthorized(answer, options));
        case 403:
            return about_forbidden(options);
        case 404:
            return "There is nothing at this path; WebSockets are often at /ws, /socket, "
                   "/websocket, /cable or /socket.io/?EIO=4&transport=websocket.";
        case 405:
            return "This path is not for GET, with which a WebSocket begins: another path may "
                   "have it.";
        case 426:
            return std::string(about_upgrade(answer));
        case 429:
            return "Too many attempts from here, or too many connections: try again later "
                   "(--reconnect does, and heeds Retry-After).";
        case 502:
        case 503:
        case 504:
            return std::string(about_gateway(answer.status));
        default:
            return {};
    }
}

/// What a proxy that was to connect to the server means.
std::string_view about_proxy(const HttpAnswer& answer, const ConnectOptions& options) {
    switch (answer.status) {
        case 400:
        case 404:
        case 501:
            return "It may be a web server and not a proxy.";
        case 401:
        case 407:
            if (names_user(options.proxy))
                return "It does not accept the user and password of --proxy.";
            if (!mentions_scheme(answer, "Proxy-Authenticate", "Basic") &&
                !answer.field("Proxy-Authenticate").empty())
                return "It wants a kind of login that is not supported (see Proxy-Authenticate "
                       "above): only Basic is.";
            return "The proxy wants a user and password: --proxy "
                   "http://USER:PASSWORD@HOST:PORT.";
        case 403:
        case 405:
            return "The proxy does not let everyone connect everywhere: many allow port 443 "
                   "(wss://) and no other.";
        default:
            break;
    }
    if (answer.status < 400)
        return "It leads elsewhere; a network that wants a login first does so: open a page in a "
               "browser.";
    if (answer.status >= 500)
        return "The proxy could not reach the server: is its name right, does the proxy know it, "
               "and is the server running?";
    return {};
}

/// Nobody may have meant a proxy at all.
std::string_view about_environment(const ConnectOptions& options) noexcept {
    return options.proxy.empty() ? "The environment names this proxy; --no-proxy goes without it."
                                 : std::string_view();
}

std::string joined(std::string_view first, std::string_view second) {
    std::string both(first);
    if (!first.empty() && !second.empty()) both += ' ';
    return both += second;
}

std::string answer_in_full(const HttpAnswer& answer, const Palette& palette) {
    std::string shown = fmt::format("  {}\n", harmless(answer.status_line));
    for (const auto& [name, value] : answer.fields)
        shown +=
            fmt::format("  {}: {}\n", palette.paint(Tone::key, harmless(name)), harmless(value));
    if (answer.body.empty()) return shown;
    std::string_view body = answer.body;
    while (body.ends_with('\n') || body.ends_with('\r')) body.remove_suffix(1);
    shown += fmt::format("\n  {}\n", harmless_lines(body, "  "));
    if (answer.body_is_cut) shown += "  …\n";
    return shown;
}

/// What is likely behind a server that says nothing at all.
std::string_view meaning_without_answer(const Error& error, const ConnectOptions& options) {
    if (error.code() == ErrorCode::proxy_failed) return about_environment(options);
    const bool plain = options.url.starts_with("ws:") || options.url.starts_with("http:");
    // Some that speak TLS end the connection, and some break it.
    const bool silent = error.message().ends_with("without an answer") ||
                        error.message().ends_with("before the server had answered");
    if (plain && silent)
        return "The server may speak TLS (write wss:// instead of ws://), or may not be a web "
               "server at all.";
    return {};
}

}  // namespace

std::string remedy_for(const Error& error) {
    // Neither would help against a key that is not pinned.
    return error.code() == ErrorCode::certificate_rejected && !contains(error.message(), "pinned")
               ? " (--cacert FILE trusts a root, --insecure any certificate)"
               : "";
}

std::string refusal_in_full(const Error& error, const ConnectOptions& options,
                            const Palette& palette) {
    const HttpAnswer* const answer = error.answer();
    std::string shown;
    std::string meaning;
    if (answer != nullptr) {
        shown += fmt::format("\n{}:\n",
                             answer->from_proxy ? "The proxy answered" : "The server answered");
        shown += answer_in_full(*answer, palette);
        meaning = answer->from_proxy
                      ? joined(about_proxy(*answer, options), about_environment(options))
                      : likely_meaning(*answer, options);
    } else {
        meaning = meaning_without_answer(error, options);
    }
    if (!meaning.empty())
        shown += fmt::format(
            "{}{}\n", shown.empty() ? "" : "\n",
            word_wrap(meaning, std::min<std::size_t>(Terminal::size().columns, 90), ""));
    return shown;
}

}  // namespace longwire::cli
