#pragma once

#include <longwire/error.hpp>

#include <string_view>

struct x509_st;

namespace longwire::net {

/// Why the server at `host` is not to be trusted: `why` is one of OpenSSL's X509_V_ERR, found in
/// `certificate`.
[[nodiscard]] Error describe_rejection(int why, const x509_st& certificate, std::string_view host);

/// What ended a TLS connection, in words for a person and with what to do next. To be asked at once
/// after the call that failed, whose reason OpenSSL keeps for the thread.
[[nodiscard]] Error describe_tls_failure();

/// The newest reason in OpenSSL's own words: "bad password read".
[[nodiscard]] std::string_view newest_openssl_reason() noexcept;

}  // namespace longwire::net
