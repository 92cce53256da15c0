#pragma once

#include <longwire/result.hpp>
#include <longwire/tls.hpp>

#include <memory>
#include <string>
#include <string_view>

struct ssl_ctx_st;

namespace longwire::net {

/// Gives `context` the certificates and the key of `files`. Errors: certificate_unusable, which
/// names the file.
[[nodiscard]] Result<void> use_certificate(ssl_ctx_st& context, const TlsCertificate& files);

/// Gives `context` a fresh self-signed certificate for "localhost", the loopback addresses and
/// `host` (a name or an address). Errors: system.
[[nodiscard]] Result<void> use_self_signed(ssl_ctx_st& context, const std::string& host);

/// Trusts the certificates in `file`. Errors: certificate_unusable.
[[nodiscard]] Result<void> use_roots(ssl_ctx_st& context, const std::string& file);

/// Whether the certificate that `context` shows is for the host `name`.
[[nodiscard]] bool is_for(const ssl_ctx_st& context, std::string_view name) noexcept;

/// The SHA-256 of the certificate that `context` shows, as browsers print it: "AB:CD:…".
[[nodiscard]] std::string fingerprint_of(const ssl_ctx_st& context);

}  // namespace longwire::net
