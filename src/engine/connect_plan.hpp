#pragma once

#include "engine/websocket_session.hpp"
#include "http/url.hpp"
#include "net/tls_context.hpp"

#include <longwire/connect.hpp>
#include <longwire/error.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::engine {

/// All that a client's connection needs to know, copied out of the views of ConnectOptions. Kept
/// for as long as the connection.
struct ConnectPlan {
    /// Errors: invalid_url, invalid_argument, certificate_unusable.
    static Result<std::shared_ptr<const ConnectPlan>> make(std::string_view url,
                                                           const ConnectOptions& options);

    http::Url url;
    std::shared_ptr<net::TlsContext> tls;  // null without TLS
    std::string unix_path;                 // instead of the host, where it is not empty
    std::string origin;
    std::vector<std::string> subprotocols;
    std::vector<std::pair<std::string, std::string>> headers;
    std::chrono::milliseconds handshake_timeout = {};
    Terms terms;
};

}  // namespace longwire::engine
