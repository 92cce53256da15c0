#include "cli/refusal.hpp"

#include "cli/harmless.hpp"
#include "cli/terminal.hpp"
#include "cli/word_wrap.hpp"

#include <fmt/core.h>
#include <longwire/http_answer.hpp>
#include <longwire/response.hpp>

#include <algorithm>
#include <string_view>

namespace longwire::cli {

namespace {

bool contains(std::string_view text, std::string_view part) noexcept {
    return text.find(part) != std::string_view::npos;
}

bool mentions_scheme(const HttpAnswer& answer, std::string_view scheme) {
    for (const auto& [name, value] : answer.fields) {
        if (!same_field_name(name, "WWW-Authenticate")) continue;
        for (std::size_t place = 0; place + scheme.size() <= value.size(); ++place)
            if (same_field_name(std::string_view(value).substr(place, scheme.size()), scheme))
                return true;
    }
    return false;
}

std::string_view about_unauthorized(const HttpAnswer& answer, const ConnectOptions& options) {
    if (!options.user.empty() || !options.bearer.empty())
        return "The user, password or token that was sent is not one that it takes.";
    const bool basic = mentions_scheme(answer, "Basic");
    const bool bearer = mentions_scheme(answer, "Bearer");
    if (basic && bearer)
        return "It wants a user and password (--user USER:PASSWORD) or a token (--bearer TOKEN).";
    if (basic) return "It wants a user and password: --user USER:PASSWORD.";
    if (bearer) return "It wants a token: --bearer TOKEN.";
    return "It wants to know who you are: try --user USER:PASSWORD, --bearer TOKEN, --cookie, or "
           "a token in the URL.";
}

std::string about_forbidden(const ConnectOptions& options) {
    if (options.origin.empty())
        return "Many servers let in only pages of their own: try --origin https://HOST with the "
               "server's own name. Or what was sent to log in is not enough for this path.";
    return fmt::format(
        "It may not let in pages from {}: try --origin with the server's own name, or without. Or "
        "what was sent to log in is not enough for this path.",
        harmless(options.origin));
}

std::string_view about_upgrade(const HttpAnswer& answer) {
    if (!answer.field("Sec-WebSocket-Version").empty())
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
           "(-s) or a header field (-H) may not be what it expects.";
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
        case 407:
            return "The proxy wants a user and password: --proxy http://USER:PASSWORD@HOST:PORT.";
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

std::string answer_in_full(const HttpAnswer& answer, const Palette& palette) {
    const std::string_view phrase = reason_phrase(answer.status);
    std::string shown =
        fmt::format("  HTTP/1.1 {}{}{}\n", answer.status, phrase.empty() ? "" : " ", phrase);
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
    const bool plain = options.url.starts_with("ws:") || options.url.starts_with("http:");
    if (error.code() == ErrorCode::handshake_invalid && plain &&
        error.message().ends_with("without an answer"))
        return "What listens there may speak TLS (write wss:// instead of ws://), or be no web "
               "server at all.";
    return {};
}

}  // namespace

std::string remedy_for(const Error& error) {
    return error.code() == ErrorCode::certificate_rejected
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
        meaning = likely_meaning(*answer, options);
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
