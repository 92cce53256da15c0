#include "certificates.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace longwire {

namespace {

long next_serial = 1;

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context = {};
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    ASSERT_NE(extension, nullptr) << value;
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

X509* begin(EVP_PKEY* key, const std::string& common_name, int from_days, int to_days) {
    X509* const certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), next_serial++);
    X509_time_adj_ex(X509_getm_notBefore(certificate), from_days, 0, nullptr);
    X509_time_adj_ex(X509_getm_notAfter(certificate), to_days, 0, nullptr);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1,
                               0);
    return certificate;
}

void write_pem(const std::string& file, X509* certificate) {
    std::FILE* const out = std::fopen(file.c_str(), "w");
    ASSERT_NE(out, nullptr) << file;
    PEM_write_X509(out, certificate);
    std::fclose(out);
}

void write_pem(const std::string& file, EVP_PKEY* key) {
    std::FILE* const out = std::fopen(file.c_str(), "w");
    ASSERT_NE(out, nullptr) << file;
    PEM_write_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(out);
}

}  // namespace

Certificates::Certificates(const std::string& root_name) : root_key_(EVP_EC_gen("P-256")) {
    std::string pattern = std::filesystem::temp_directory_path() / "certificates-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    root_file_ = file("root.pem");
    root_ = begin(root_key_, root_name, -1, 30);
    X509_set_issuer_name(root_, X509_get_subject_name(root_));
    add_extension(root_, root_, NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(root_, root_key_, EVP_sha256());
    write_pem(root_file_, root_);
}

Certificates::~Certificates() {
    X509_free(root_);
    EVP_PKEY_free(root_key_);
    std::filesystem::remove_all(folder_);
}

TlsCertificate Certificates::issue(const std::string& name, const Wanted& wanted) {
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const certificate =
        begin(key, wanted.common_name, wanted.valid_from_days, wanted.valid_to_days);
    X509* const issuer = wanted.self_signed ? certificate : root_;
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
    add_extension(certificate, issuer, NID_subject_alt_name, wanted.names);
    X509_sign(certificate, wanted.self_signed ? key : root_key_, EVP_sha256());
    TlsCertificate files = {.certificate_file = file(name + ".pem"),
                            .key_file = file(name + ".key")};
    write_pem(files.certificate_file, certificate);
    write_pem(files.key_file, key);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return files;
}

std::string Certificates::write(const std::string& name, const std::string& text) const {
    std::ofstream(file(name)) << text;
    return file(name);
}

}  // namespace longwire
