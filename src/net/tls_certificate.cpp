#include "net/tls_certificate.hpp"

#include "net/descriptor.hpp"
#include "net/tls_failure.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

namespace longwire::net {

namespace {

// Browsers take no certificate for longer; one is made at each start anyway.
constexpr long self_signed_lifetime = 90L * 24 * 60 * 60;

Failure unusable(const std::string& what, const std::string& file, const std::string& why) {
    return failure(ErrorCode::certificate_unusable,
                   "cannot use the " + what + " " + file + ": " + why);
}

/// Says first of all whether the file can be read; OpenSSL says that worst.
Result<void> check_readable(const std::string& what, const std::string& file) {
    if (file.empty()) return unusable(what, "\"\"", "no file is named");
    if (::access(file.c_str(), R_OK) != 0) return unusable(what, file, describe_errno(errno));
    return {};
}

std::string reason_of_pem() {
    // The first reason is the cause; those that follow say who was asking.
    if (ERR_GET_REASON(ERR_peek_error()) == PEM_R_NO_START_LINE)
        return "it holds none in PEM form (-----BEGIN …-----)";
    return std::string(newest_openssl_reason());
}

// Nobody is there to type it; without this OpenSSL asks on the terminal.
int refuse_password(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

bool is_address(const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> address = {};
    return inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
           inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

bool add_extension(X509& certificate, int kind, const std::string& value) {
    X509V3_CTX context = {};
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, &certificate, &certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    const bool added = extension != nullptr && X509_add_ext(&certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

bool fill_in(X509& certificate, EVP_PKEY& key, const std::string& host) {
    std::uint64_t serial = 0;
    if (RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return false;
    X509_set_version(&certificate, X509_VERSION_3);
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(&certificate), serial >> 1);
    // Some room for a client whose clock is behind.
    X509_gmtime_adj(X509_getm_notBefore(&certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(&certificate), self_signed_lifetime);
    X509_set_pubkey(&certificate, &key);
    X509_NAME* const name = X509_get_subject_name(&certificate);
    const std::string_view common_name = "Longwire (self-signed)";
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.data()),
                               static_cast<int>(common_name.size()), -1, 0);
    X509_set_issuer_name(&certificate, name);
    std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
    const bool wildcard = host.empty() || host == "::" || host == "0.0.0.0";
    if (!wildcard) names += (is_address(host) ? ",IP:" : ",DNS:") + host;
    return add_extension(certificate, NID_subject_alt_name, names) &&
           add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
           X509_sign(&certificate, &key, EVP_sha256()) > 0;
}

}  // namespace

Result<void> use_certificate(ssl_ctx_st& context, const TlsCertificate& files) {
    const auto& [certificate, key] = files;
    if (auto readable = check_readable("certificate", certificate); !readable) return readable;
    if (auto readable = check_readable("private key", key); !readable) return readable;
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(&context, certificate.c_str()) != 1)
        return unusable("certificate", certificate, reason_of_pem());
    bool password_asked = false;
    SSL_CTX_set_default_passwd_cb(&context, refuse_password);
    SSL_CTX_set_default_passwd_cb_userdata(&context, &password_asked);
    const bool taken = SSL_CTX_use_PrivateKey_file(&context, key.c_str(), SSL_FILETYPE_PEM) == 1;
    SSL_CTX_set_default_passwd_cb_userdata(&context, nullptr);
    if (password_asked)
        return unusable("private key", key,
                        "it is encrypted; write it without a password (openssl pkey) and protect "
                        "the file");
    const bool mismatch = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH ||
                          ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_TYPE_MISMATCH;
    if (mismatch || (taken && SSL_CTX_check_private_key(&context) != 1))
        return unusable("private key", key, "it does not belong to the certificate " + certificate);
    if (!taken)
        return unusable(
            "private key", key,
            "it holds none that can be read, in PEM form (-----BEGIN PRIVATE KEY-----)");
    return {};
}

Result<void> use_self_signed(ssl_ctx_st& context, const std::string& host) {
    const Key key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    const Certificate certificate(X509_new(), &X509_free);
    if (!key || !certificate || !fill_in(*certificate, *key, host) ||
        SSL_CTX_use_certificate(&context, certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(&context, key.get()) != 1)
        return failure(ErrorCode::system, "cannot make a self-signed certificate for \"" + host +
                                              "\": " + std::string(newest_openssl_reason()));
    return {};
}

Result<void> use_roots(ssl_ctx_st& context, const std::string& file) {
    if (auto readable = check_readable("file of trusted roots", file); !readable) return readable;
    ERR_clear_error();
    if (SSL_CTX_load_verify_file(&context, file.c_str()) != 1)
        return unusable("file of trusted roots", file, reason_of_pem());
    // Whatever the file holds is trusted, also one that is no root itself.
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(&context), X509_V_FLAG_PARTIAL_CHAIN);
    return {};
}

bool is_for(const ssl_ctx_st& context, std::string_view name) noexcept {
    X509* const certificate = SSL_CTX_get0_certificate(&context);
    return certificate != nullptr &&
           X509_check_host(certificate, name.data(), name.size(), 0, nullptr) == 1;
}

std::string fingerprint_of(const ssl_ctx_st& context) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
    unsigned int size = 0;
    const X509* const certificate = SSL_CTX_get0_certificate(&context);
    if (certificate == nullptr || X509_digest(certificate, EVP_sha256(), digest.data(), &size) != 1)
        return {};
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (unsigned int index = 0; index < size; ++index) {
        if (index > 0) text += ':';
        text += digits[digest[index] >> 4U];
        text += digits[digest[index] & 15U];
    }
    return text;
}

}  // namespace longwire::net
