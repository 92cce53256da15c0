#pragma once

#include "engine/client/client_terms.hpp"
#include "engine/client/proxy.hpp"
#include "http/url.hpp"
#include "net/address.hpp"
#include "net/tls_context.hpp"

#include <longwire/connect.hpp>
#include <longwire/http_answer.hpp>
#include <longwire/result.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::engine {

/// All that making a client's connection needs to know, copied out of the views of ConnectOptions.
/// Kept until the connection is open or has failed.
class ConnectPlan {
public:
    using Fields = std::vector<std::pair<std::string, std::string>>;

    /// Errors: invalid_url, invalid_argument, certificate_unusable.
    static Result<std::unique_ptr<ConnectPlan>> make(std::string_view url,
                                                     const ConnectOptions& options = {});

    [[nodiscard]] const http::Url& url() const noexcept { return url_; }
    /// Instead of the URL's host, where it is not empty.
    [[nodiscard]] const std::string& unix_path() const noexcept { return unix_path_; }
    /// What a message calls the server.
    [[nodiscard]] std::string server() const;
    /// Null without TLS.
    [[nodiscard]] std::shared_ptr<net::TlsContext> tls() const {
        return url_.secure ? tls_ : nullptr;
    }
    /// The proxy to reach the server through; nothing: directly.
    [[nodiscard]] const std::optional<Proxy>& proxy() const noexcept { return proxy_; }
    /// What to connect from; nothing: as the system chooses.
    [[nodiscard]] const std::optional<net::Address>& local_address() const noexcept {
        return local_address_;
    }
    [[nodiscard]] std::chrono::milliseconds handshake_timeout() const noexcept {
        return handshake_timeout_;
    }
    [[nodiscard]] const std::shared_ptr<const ClientTerms>& terms() const noexcept {
        return terms_;
    }

    /// The field Host: what the URL names, or what was given in its place.
    [[nodiscard]] std::string host_field() const;
    /// The fields of the request but for Host and what belongs to the handshake itself.
    [[nodiscard]] Fields request_fields() const;
    [[nodiscard]] const std::string& origin() const noexcept { return origin_; }

    /// Whether an answer of that status is a redirect that is to be followed.
    [[nodiscard]] bool follows(int status) const noexcept;
    /// From now on the plan is for where `answer` leads. Errors: handshake_refused, for a redirect
    /// that cannot or must not be followed; invalid_argument, for a proxy of the environment.
    [[nodiscard]] Result<void> redirect(const HttpAnswer& answer);

private:
    ConnectPlan() = default;
    [[nodiscard]] Result<void> take(std::string_view url, const ConnectOptions& options);
    [[nodiscard]] Result<void> take_url(std::string_view url);
    [[nodiscard]] Result<void> take_tls(const ConnectOptions& options);
    [[nodiscard]] Result<void> take_fields(const ConnectOptions& options);
    [[nodiscard]] Result<void> take_secrets(const ConnectOptions& options);
    [[nodiscard]] Result<void> take_local_address(const ConnectOptions& options);
    [[nodiscard]] Result<void> take_proxy(const ConnectOptions& options);
    [[nodiscard]] Result<void> choose_proxy();

    http::Url url_;
    std::string unix_path_;
    std::shared_ptr<net::TlsContext> tls_;
    std::optional<Proxy> fixed_proxy_;
    std::optional<EnvironmentProxies> environment_;
    std::optional<Proxy> proxy_;
    std::optional<net::Address> local_address_;
    std::string origin_;
    std::string host_;  // for the first origin alone; empty: that of the URL
    Fields fields_;
    Fields secrets_;  // for the first origin alone
    std::chrono::milliseconds handshake_timeout_ = {};
    std::shared_ptr<const ClientTerms> terms_;
    unsigned redirects_left_ = 0;
};

}  // namespace longwire::engine
