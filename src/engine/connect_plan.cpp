#include "engine/connect_plan.hpp"

#include "http/field_grammar.hpp"

#include <algorithm>
#include <array>

namespace longwire::engine {

namespace {

constexpr std::string_view unix_scheme = "ws+unix:";

constexpr std::array<std::string_view, 11> handshake_fields = {"Host",
                                                               "Upgrade",
                                                               "Connection",
                                                               "Origin",
                                                               "Content-Length",
                                                               "Transfer-Encoding",
                                                               "Sec-WebSocket-Key",
                                                               "Sec-WebSocket-Version",
                                                               "Sec-WebSocket-Protocol",
                                                               "Sec-WebSocket-Extensions",
                                                               "Sec-WebSocket-Accept"};

/// "ws+unix:/path/of/socket:/target": the path up to the first colon, then the target.
Result<void> take_unix_url(std::string_view text, ConnectPlan& plan) {
    std::string_view rest = text.substr(unix_scheme.size());
    if (rest.starts_with("///")) rest.remove_prefix(2);
    const std::size_t colon = rest.find(':');
    plan.unix_path = rest.substr(0, colon);
    const std::string_view target = colon == std::string_view::npos ? "/" : rest.substr(colon + 1);
    if (plan.unix_path.empty() || !target.starts_with('/'))
        return failure(ErrorCode::invalid_url,
                       "\"" + std::string(text) +
                           "\" does not name a Unix socket; write ws+unix:/path/of/socket:/path");
    auto url = http::parse_url("ws://localhost" + std::string(target));
    if (!url) return std::unexpected(std::move(url.error()));
    plan.url = std::move(*url);
    return {};
}

Result<void> take_headers(const ConnectOptions& options, ConnectPlan& plan) {
    for (const HeaderField& field : options.headers) {
        if (!http::is_token(field.name) || !http::is_field_value(field.value))
            return failure(ErrorCode::invalid_argument,
                           "the header field \"" + std::string(field.name) +
                               "\" cannot be sent: its name must be a token, and its value must "
                               "hold no control characters");
        const bool ours = std::ranges::any_of(handshake_fields, [&](std::string_view name) {
            return same_field_name(name, field.name);
        });
        if (ours)
            return failure(ErrorCode::invalid_argument,
                           "the header field " + std::string(field.name) +
                               " is written by the handshake itself; use the option for it");
        plan.headers.emplace_back(field.name, field.value);
    }
    return {};
}

Result<void> take_subprotocols(const ConnectOptions& options, ConnectPlan& plan) {
    for (const std::string_view name : options.subprotocols.view()) {
        if (!http::is_token(name) ||
            std::ranges::find(plan.subprotocols, name) != plan.subprotocols.end())
            return failure(ErrorCode::invalid_argument,
                           "the subprotocol \"" + std::string(name) +
                               "\" cannot be offered: each must be a token, and occur once");
        plan.subprotocols.emplace_back(name);
    }
    return {};
}

}  // namespace

Result<std::shared_ptr<const ConnectPlan>> ConnectPlan::make(std::string_view url,
                                                             const ConnectOptions& options) {
    auto plan = std::make_shared<ConnectPlan>();
    if (url.starts_with(unix_scheme)) {
        if (auto taken = take_unix_url(url, *plan); !taken)
            return std::unexpected(std::move(taken.error()));
    } else {
        auto parsed = http::parse_url(url);
        if (!parsed) return std::unexpected(std::move(parsed.error()));
        plan->url = std::move(*parsed);
    }
    if (plan->url.secure) {
        auto tls = net::TlsContext::for_client(options.tls);
        if (!tls) return std::unexpected(std::move(tls.error()));
        plan->tls = std::move(*tls);
    }
    if (auto taken = take_headers(options, *plan); !taken)
        return std::unexpected(std::move(taken.error()));
    if (auto taken = take_subprotocols(options, *plan); !taken)
        return std::unexpected(std::move(taken.error()));
    if (!http::is_field_value(options.origin))
        return failure(ErrorCode::invalid_argument,
                       "the origin cannot be sent: it holds control characters");
    plan->origin = options.origin;
    plan->handshake_timeout = options.handshake_timeout;
    plan->terms.limits.max_message_size = options.max_message_size;
    plan->terms.max_backlog = options.max_backlog;
    plan->terms.overflow = Terms::Overflow::drop;
    plan->terms.compression = options.compression;
    plan->terms.compression_threshold = options.compression_threshold;
    plan->terms.ping_after = options.ping_after;
    plan->terms.idle_timeout = options.idle_timeout;
    plan->terms.close_timeout = options.close_timeout;
    plan->terms.frame_timeout = options.frame_timeout;
    plan->terms.max_control_frames = options.max_control_frames;
    return plan;
}

}  // namespace longwire::engine
