#include "net/tls_failure.hpp"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace longwire::net {

namespace {

using Text = std::unique_ptr<BIO, decltype(&BIO_free)>;

Text new_text() {
    return {BIO_new(BIO_s_mem()), &BIO_free};
}

std::string read(const Text& text) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(text.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string in_words(const ASN1_TIME* time) {
    const Text text = new_text();
    ASN1_TIME_print(text.get(), time);
    return read(text);
}

std::string in_words(const X509_NAME* name) {
    const Text text = new_text();
    X509_NAME_print_ex(text.get(), name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
    return read(text);
}

/// Up to four of the names that a certificate is for.
std::string names_of(const X509* certificate) {
    using Names = std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)>;
    const Names names(static_cast<GENERAL_NAMES*>(
                          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
                      &GENERAL_NAMES_free);
    const Text text = new_text();
    const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
    if (count <= 0) return "no host name at all";
    constexpr int most = 4;
    for (int index = 0; index < count && index < most; ++index) {
        if (index > 0) BIO_puts(text.get(), ", ");
        GENERAL_NAME_print(text.get(), sk_GENERAL_NAME_value(names.get(), index));
    }
    if (count > most) BIO_puts(text.get(), ", …");
    return read(text);
}

std::string words_of_rejection(int why, const X509& certificate, std::string_view host) {
    switch (why) {
        case X509_V_ERR_CERT_HAS_EXPIRED:
            return "its certificate expired on " + in_words(X509_get0_notAfter(&certificate)) +
                   "; the server needs a new one";
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return "its certificate is valid only from " +
                   in_words(X509_get0_notBefore(&certificate)) + "; is this machine's clock right?";
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return "its certificate is for " + names_of(&certificate) + ", and not for " +
                   std::string(host) + "; is the name in the URL right?";
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
            return "its certificate is self-signed, so its owner is not verified; if it is the "
                   "right one, add it to the trusted roots";
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
            return "its certificate was issued by " + in_words(X509_get_issuer_name(&certificate)) +
                   ", which is not among the trusted roots; add that root, or have the server send "
                   "the certificates in between";
        default:
            return "its certificate cannot be trusted: " +
                   std::string(X509_verify_cert_error_string(why));
    }
}

/// What it means that the peer sent the alert of this reason; empty for those that say it best
/// themselves.
std::string_view words_of_alert(int reason) noexcept {
    switch (reason) {
        case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
            return "the peer refused the handshake; it may want a certificate of ours, or there "
                   "is no cipher in common";
        case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
        case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
            return "the peer does not trust our certificate";
        case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
            return "the peer says that our certificate has expired";
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        case SSL_R_UNSUPPORTED_PROTOCOL:
            return "there is no version of TLS in common; 1.2 and 1.3 are supported here";
        case SSL_R_TLSV1_UNRECOGNIZED_NAME:
            return "the peer has no certificate for the name that was asked for";
        case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
        case SSL_R_NO_APPLICATION_PROTOCOL:
            return "there is no application protocol in common; http/1.1 is supported here";
        case SSL_R_NO_SHARED_CIPHER:
            return "there is no cipher in common";
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            return "the client showed no certificate, and one is needed here";
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_HTTP_REQUEST:
            return "the peer does not speak TLS on this port; should the URL begin with ws: and "
                   "not wss:?";
        default:
            return {};
    }
}

}  // namespace

std::string_view newest_openssl_reason() noexcept {
    const char* const reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason == nullptr ? "no reason given" : reason;
}

Error describe_rejection(int why, const x509_st& certificate, std::string_view host) {
    return {ErrorCode::certificate_rejected, words_of_rejection(why, certificate, host)};
}

Error describe_tls_failure() {
    const std::string_view words = words_of_alert(ERR_GET_REASON(ERR_peek_error()));
    if (!words.empty()) return {ErrorCode::tls_failed, std::string(words)};
    return {ErrorCode::tls_failed,
            "the TLS connection failed: " + std::string(newest_openssl_reason())};
}

}  // namespace longwire::net
