#pragma once

#include <longwire/standard.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace longwire {

/// A certificate and what proves that it is ours, as files in PEM form.
struct TlsCertificate {
    /// The server's certificate first, then those between it and a root.
    std::string certificate_file;
    /// The private key, not encrypted.
    std::string key_file;
};

/// Whether clients have to show a certificate of their own.
enum class ClientCertificates : std::uint8_t {
    none,   ///< They are not asked for one.
    asked,  ///< They may show one; one that does not verify ends the handshake.
    needed  ///< No connection without one that verifies.
};

/// The oldest version of TLS to speak. Versions before 1.2 are not spoken at all (RFC 8996).
enum class TlsVersion : std::uint8_t { tls_1_2, tls_1_3 };

/// TLS on a listening address.
struct ServerTls {
    /// The one whose names match what the client asks for (SNI, RFC 6066, section 3) is shown; the
    /// first to clients that ask for none, or for another.
    std::vector<TlsCertificate> certificates = {};
    /// Instead of `certificates`: one for "localhost" and the address, made in memory at each
    /// start. For development; browsers and clients will say that they do not trust it.
    bool self_signed = false;
    ClientCertificates client_certificates = ClientCertificates::none;
    /// The roots that clients' certificates must lead to, in one PEM file; needed unless `none`.
    std::string client_roots_file = {};
    TlsVersion oldest = TlsVersion::tls_1_2;
};

/// TLS of a client, used for wss: URLs. Views and plain values, as in ConnectOptions.
struct ClientTls {
    /// The roots to trust, in one PEM file, instead of the system's.
    std::string_view roots_file = {};
    /// A certificate to show to servers that ask for one, and its key; PEM files, both or none.
    std::string_view certificate_file = {};
    std::string_view key_file = {};
    /// False: any certificate is accepted, so an attacker on the network can read and change all
    /// data. For tests only.
    bool verify = true;
    /// The keys that the server's certificate may have, and no others, beside all other checks:
    /// "sha256//" and the Base64 of the SHA-256 of its SubjectPublicKeyInfo; several with ";"
    /// between them. Empty: any key.
    std::string_view pinned_keys = {};
    TlsVersion oldest = TlsVersion::tls_1_2;
};

}  // namespace longwire
