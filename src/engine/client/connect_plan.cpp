#include "engine/client/connect_plan.hpp"

#include "http/basic_credentials.hpp"
#include "http/field_grammar.hpp"
#include "http/url_reference.hpp"

#include <algorithm>
#include <array>

namespace longwire::engine {

namespace {

constexpr std::string_view unix_scheme = "ws+unix:";
constexpr std::string_view secure_unix_scheme = "wss+unix:";

constexpr std::array<std::string_view, 10> handshake_fields = {"Upgrade",
                                                               "Connection",
                                                               "Origin",
                                                               "Content-Length",
                                                               "Transfer-Encoding",
                                                               "Sec-WebSocket-Key",
                                                               "Sec-WebSocket-Version",
                                                               "Sec-WebSocket-Protocol",
                                                               "Sec-WebSocket-Extensions",
                                                               "Sec-WebSocket-Accept"};

Result<void> refuse(std::string why) {
    return failure(ErrorCode::invalid_argument, std::move(why));
}

Result<void> judge_field(const HeaderField& field) {
    if (!http::is_token(field.name) || !http::is_field_value(field.value))
        return refuse("the header field \"" + std::string(field.name) +
                      "\" cannot be sent: its name must be a token, and its value must "
                      "hold no control characters");
    const bool ours = std::ranges::any_of(
        handshake_fields, [&](std::string_view name) { return same_field_name(name, field.name); });
    if (ours)
        return refuse(
            "the header field " + std::string(field.name) +
            " is written by the handshake itself; leave it out, or use the option for it");
    return {};
}

Result<void> judge_subprotocols(std::span<const std::string_view> names) {
    for (std::size_t index = 0; index < names.size(); ++index)
        if (!http::is_token(names[index]) ||
            std::ranges::count(names.first(index), names[index]) > 0)
            return refuse("the subprotocol \"" + std::string(names[index]) +
                          "\" cannot be offered: each must be a token, and occur once");
    return {};
}

bool is_secret(std::string_view name) noexcept {
    return same_field_name(name, "Authorization") || same_field_name(name, "Cookie");
}

bool holds(const ConnectPlan::Fields& fields, std::string_view name) noexcept {
    return std::ranges::any_of(
        fields, [&](const auto& field) { return same_field_name(field.first, name); });
}

}  // namespace

Result<std::unique_ptr<ConnectPlan>> ConnectPlan::make(std::string_view url,
                                                       const ConnectOptions& options) {
    std::unique_ptr<ConnectPlan> plan(new ConnectPlan);
    plan->handshake_timeout_ = options.handshake_timeout;
    plan->redirects_left_ = options.max_redirects;
    if (auto taken = plan->take(url, options); !taken) return Failure(std::move(taken.error()));
    plan->terms_ = ClientTerms::of(options);
    return plan;
}

Result<void> ConnectPlan::take(std::string_view url, const ConnectOptions& options) {
    if (auto taken = take_url(url); !taken) return taken;
    if (auto taken = take_tls(options); !taken) return taken;
    if (auto taken = take_fields(options); !taken) return taken;
    if (auto taken = take_secrets(options); !taken) return taken;
    if (auto judged = judge_subprotocols(options.subprotocols.view()); !judged) return judged;
    if (auto taken = take_local_address(options); !taken) return taken;
    return take_proxy(options);
}

/// Also "ws+unix:/path/of/socket:/target": the path up to the first colon, then the target; and
/// "wss+unix:", with TLS.
Result<void> ConnectPlan::take_url(std::string_view text) {
    std::string whole(text);
    const bool secure = text.starts_with(secure_unix_scheme);
    if (secure || text.starts_with(unix_scheme)) {
        std::string_view rest = text.substr((secure ? secure_unix_scheme : unix_scheme).size());
        if (rest.starts_with("///")) rest.remove_prefix(2);
        const std::size_t colon = rest.find(':');
        unix_path_ = rest.substr(0, colon);
        const std::string_view target =
            colon == std::string_view::npos ? "/" : rest.substr(colon + 1);
        if (unix_path_.empty() || !target.starts_with('/'))
            return failure(ErrorCode::invalid_url, "\"" + std::string(text) +
                                                       "\" does not name a Unix socket; write "
                                                       "ws+unix:/path/of/socket:/path");
        whole = (secure ? "wss://localhost" : "ws://localhost") + std::string(target);
    }
    auto url = http::parse_url(whole);
    if (!url) return Failure(std::move(url.error()));
    url_ = std::move(*url);
    return {};
}

Result<void> ConnectPlan::take_tls(const ConnectOptions& options) {
    if (!url_.secure && options.max_redirects == 0) return {};
    auto tls = net::TlsContext::for_client(options.tls);
    if (!tls) return Failure(std::move(tls.error()));
    tls_ = std::move(*tls);
    return {};
}

Result<void> ConnectPlan::take_fields(const ConnectOptions& options) {
    for (const HeaderField& field : options.headers) {
        if (auto judged = judge_field(field); !judged) return judged;
        if (same_field_name(field.name, "Host")) {
            if (field.value.empty() || !host_.empty())
                return refuse("the header field Host can be given once, and not be empty");
            host_ = field.value;
            continue;
        }
        (is_secret(field.name) ? secrets_ : fields_).emplace_back(field.name, field.value);
    }
    if (!http::is_field_value(options.origin))
        return refuse("the origin cannot be sent: it holds control characters");
    origin_ = options.origin;
    return {};
}

Result<void> ConnectPlan::take_secrets(const ConnectOptions& options) {
    if (!options.cookies.empty()) {
        if (!http::is_field_value(options.cookies))
            return refuse("the cookies cannot be sent: they hold control characters");
        if (holds(secrets_, "Cookie"))
            return refuse("cookies are given twice: by the option and as a header field");
        secrets_.emplace_back("Cookie", options.cookies);
    }
    std::string authorization;
    if (!options.bearer.empty()) {
        if (!http::is_field_value(options.bearer) || !options.user.empty())
            return refuse(options.user.empty()
                              ? "the bearer token cannot be sent: it holds control characters"
                              : "a user and a bearer token are given; a request carries one");
        authorization = "Bearer " + std::string(options.bearer);
    } else if (!options.user.empty()) {
        const std::size_t colon = std::min(options.user.find(':'), options.user.size());
        authorization =
            http::basic_credentials(options.user.substr(0, colon),
                                    options.user.substr(std::min(colon + 1, options.user.size())));
    }
    if (authorization.empty()) return {};
    if (holds(secrets_, "Authorization"))
        return refuse("authorization is given twice: by an option and as a header field");
    secrets_.emplace_back("Authorization", std::move(authorization));
    return {};
}

Result<void> ConnectPlan::take_local_address(const ConnectOptions& options) {
    if (options.local_address.empty()) return {};
    const std::string text(options.local_address);
    if (!unix_path_.empty())
        return refuse("nothing can be connected from " + text + " to a Unix socket");
    local_address_ = net::Address::from_numeric(text, 0);
    if (!local_address_)
        return refuse("the local address \"" + text +
                      "\" is not valid; write a numeric one, such as 192.0.2.7 or 2001:db8::7");
    return {};
}

Result<void> ConnectPlan::take_proxy(const ConnectOptions& options) {
    if (!unix_path_.empty()) return {};
    if (!options.proxy.empty()) {
        auto proxy = parse_proxy(options.proxy, "the proxy");
        if (!proxy) return Failure(std::move(proxy.error()));
        fixed_proxy_ = std::move(*proxy);
    } else if (options.environment_proxy) {
        environment_ = EnvironmentProxies::read();
    }
    return choose_proxy();
}

Result<void> ConnectPlan::choose_proxy() {
    proxy_ = fixed_proxy_;
    if (!environment_) return {};
    auto proxy = environment_->proxy_for(url_);
    if (!proxy) return Failure(std::move(proxy.error()));
    proxy_ = std::move(*proxy);
    return {};
}

std::string ConnectPlan::server() const {
    return unix_path_.empty() ? url_.host_field() : unix_path_;
}

std::string ConnectPlan::host_field() const {
    return host_.empty() ? url_.host_field() : host_;
}

ConnectPlan::Fields ConnectPlan::request_fields() const {
    Fields fields = fields_;
    fields.insert(fields.end(), secrets_.begin(), secrets_.end());
    if (!url_.user.empty() && !holds(secrets_, "Authorization"))
        fields.emplace_back("Authorization", http::basic_credentials(url_.user, url_.password));
    return fields;
}

bool ConnectPlan::follows(int status) const noexcept {
    constexpr std::array<int, 5> redirects = {301, 302, 303, 307, 308};
    return redirects_left_ > 0 && std::ranges::find(redirects, status) != redirects.end();
}

Result<void> ConnectPlan::redirect(const HttpAnswer& answer) {
    const auto refuse = [&](std::string_view why) {
        return failure(ErrorCode::handshake_refused,
                       "cannot open a WebSocket at " + server() + ": its redirect (" +
                           std::to_string(answer.status) + ") " + std::string(why));
    };
    const std::string_view location = answer.field("Location");
    if (location.empty()) return refuse("does not say where to; it has no Location");
    if (!unix_path_.empty()) return refuse("leads away from a Unix socket, which is not followed");
    auto target = http::resolve_reference(url_, location);
    if (!target) return refuse("leads nowhere: " + target.error().message());
    if (url_.secure && !target->secure)
        return refuse("leads from wss: to ws:, which is not followed: it would not be encrypted");
    if (!http::same_origin(url_, *target)) {
        secrets_.clear();
        host_.clear();
    } else if (target->user.empty()) {
        target->user = url_.user;
        target->password = url_.password;
    }
    url_ = std::move(*target);
    --redirects_left_;
    return choose_proxy();
}

}  // namespace longwire::engine
