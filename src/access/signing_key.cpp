#include "access/signing_key.hpp"

#include "access/base64url.hpp"
#include "access/json_parser.hpp"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <memory>
#include <utility>

namespace longwire::access {

namespace {

constexpr std::size_t least_secret = 32;
constexpr int least_rsa_bits = 2048;
constexpr std::size_t coordinate = 32;  // of P-256
constexpr std::size_t most_jwks = std::size_t{256} * 1024;

template <auto Free>
struct Freeing {
    template <class T>
    void operator()(T* pointer) const noexcept {
        Free(pointer);
    }
};
using Bio = std::unique_ptr<BIO, Freeing<BIO_free_all>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Freeing<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freeing<ECDSA_SIG_free>>;
using Number = std::unique_ptr<BIGNUM, Freeing<BN_free>>;

const unsigned char* bytes_of(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hmac(std::string_view secret, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> made = {};
    unsigned size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(text), text.size(),
         made.data(), &size);
    return {reinterpret_cast<const char*>(made.data()), size};
}

/// A JWS has the two numbers side by side (RFC 7518, section 3.4), OpenSSL has them in DER.
std::string to_der(std::string_view raw) {
    if (raw.size() != 2 * coordinate) return {};
    const Signature signature(ECDSA_SIG_new());
    BIGNUM* const r = BN_bin2bn(bytes_of(raw), coordinate, nullptr);
    BIGNUM* const s = BN_bin2bn(bytes_of(raw.substr(coordinate)), coordinate, nullptr);
    ECDSA_SIG_set0(signature.get(), r, s);
    std::string der(static_cast<std::size_t>(i2d_ECDSA_SIG(signature.get(), nullptr)), '\0');
    auto* out = reinterpret_cast<unsigned char*>(der.data());
    i2d_ECDSA_SIG(signature.get(), &out);
    return der;
}

std::string from_der(std::string_view der) {
    const unsigned char* in = bytes_of(der);
    const Signature signature(d2i_ECDSA_SIG(nullptr, &in, static_cast<long>(der.size())));
    std::array<unsigned char, 2 * coordinate> raw = {};
    if (!signature || BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), raw.data(), coordinate) < 0 ||
        BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), raw.data() + coordinate, coordinate) < 0)
        return {};
    return {reinterpret_cast<const char*>(raw.data()), raw.size()};
}

/// Without one OpenSSL would ask for it on the terminal, and wait.
int no_passphrase(char* /*text*/, int /*size*/, int /*writing*/, void* /*context*/) noexcept {
    return -1;
}

const EVP_MD* digest_of(Algorithm algorithm) noexcept {
    return algorithm == Algorithm::eddsa ? nullptr : EVP_sha256();
}

std::shared_ptr<EVP_PKEY> owned(EVP_PKEY* key) {
    return {key, [](EVP_PKEY* held) { EVP_PKEY_free(held); }};
}

}  // namespace

std::string_view name_of(Algorithm algorithm) noexcept {
    switch (algorithm) {
        case Algorithm::hs256:
            return "HS256";
        case Algorithm::rs256:
            return "RS256";
        case Algorithm::es256:
            return "ES256";
        case Algorithm::eddsa:
            break;
    }
    return "EdDSA";
}

// ---- one key ------------------------------------------------------------------------------------

Result<SigningKey> SigningKey::secret(std::string secret, std::string id) {
    if (secret.size() < least_secret)
        return failure(ErrorCode::invalid_argument,
                       "a secret for HS256 has at least 32 bytes (RFC 7518); make one with: "
                       "openssl rand -base64 48");
    SigningKey key;
    key.secret_ = std::move(secret);
    key.id_ = std::move(id);
    key.private_ = true;
    return key;
}

Result<SigningKey> SigningKey::of(std::shared_ptr<EVP_PKEY> made, std::string id,
                                  std::string_view name) {
    SigningKey key;
    key.id_ = std::move(id);
    key.key_ = std::move(made);
    std::array<char, 64> group = {};
    switch (EVP_PKEY_get_base_id(key.key_.get())) {
        case EVP_PKEY_RSA:
            key.algorithm_ = Algorithm::rs256;
            if (EVP_PKEY_get_bits(key.key_.get()) >= least_rsa_bits) return key;
            return failure(ErrorCode::invalid_argument,
                           std::string(name) + ": an RSA key has at least 2,048 bits");
        case EVP_PKEY_EC:
            key.algorithm_ = Algorithm::es256;
            EVP_PKEY_get_group_name(key.key_.get(), group.data(), group.size(), nullptr);
            if (std::string_view(group.data()) == "prime256v1") return key;
            break;
        case EVP_PKEY_ED25519:
            key.algorithm_ = Algorithm::eddsa;
            return key;
        default:
            break;
    }
    return failure(ErrorCode::invalid_argument,
                   std::string(name) +
                       ": keys for tokens are of RSA (RS256), P-256 (ES256) or Ed25519 (EdDSA)");
}

Result<SigningKey> SigningKey::pem(std::string_view pem, std::string_view name) {
    const auto open = [&] {
        return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    };
    EVP_PKEY* key = PEM_read_bio_PrivateKey(open().get(), nullptr, no_passphrase, nullptr);
    const bool is_private = key != nullptr;
    if (key == nullptr) key = PEM_read_bio_PUBKEY(open().get(), nullptr, no_passphrase, nullptr);
    if (key == nullptr) {
        const std::unique_ptr<X509, Freeing<X509_free>> certificate(
            PEM_read_bio_X509(open().get(), nullptr, no_passphrase, nullptr));
        if (certificate) key = X509_get_pubkey(certificate.get());
    }
    if (key == nullptr)
        return failure(ErrorCode::invalid_argument,
                       std::string(name) + ": it contains no PEM key (-----BEGIN PUBLIC KEY-----)");
    auto made = of(owned(key), {}, name);
    if (made) made->private_ = is_private;
    return made;
}

bool SigningKey::verify(std::string_view text, std::string_view signature) const {
    if (algorithm_ == Algorithm::hs256) {
        const std::string made = hmac(secret_, text);
        return made.size() == signature.size() &&
               CRYPTO_memcmp(made.data(), signature.data(), made.size()) == 0;
    }
    const std::string der = algorithm_ == Algorithm::es256 ? to_der(signature) : std::string();
    if (algorithm_ == Algorithm::es256) signature = der;
    if (signature.empty()) return false;
    const Digest digest(EVP_MD_CTX_new());
    return EVP_DigestVerifyInit(digest.get(), nullptr, digest_of(algorithm_), nullptr,
                                key_.get()) == 1 &&
           EVP_DigestVerify(digest.get(), bytes_of(signature), signature.size(), bytes_of(text),
                            text.size()) == 1;
}

Result<std::string> SigningKey::sign(std::string_view text) const {
    if (algorithm_ == Algorithm::hs256) return hmac(secret_, text);
    const Digest digest(EVP_MD_CTX_new());
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())), '\0');
    std::size_t size = signature.size();
    if (!private_ ||
        EVP_DigestSignInit(digest.get(), nullptr, digest_of(algorithm_), nullptr, key_.get()) !=
            1 ||
        EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                       bytes_of(text), text.size()) != 1)
        return failure(ErrorCode::invalid_argument,
                       "this key cannot sign: a private key is needed");
    signature.resize(size);
    return algorithm_ == Algorithm::es256 ? from_der(signature) : signature;
}

// ---- sets of keys (RFC 7517, RFC 7518 section 6, RFC 8037) --------------------------------------

namespace {

std::optional<std::string> member(const simdjson::dom::object& object, std::string_view name) {
    std::string_view value;
    if (object[name].get(value) != simdjson::SUCCESS) return std::nullopt;
    return std::string(value);
}

std::optional<std::string> decoded(const simdjson::dom::object& object, std::string_view name) {
    const auto text = member(object, name);
    return text ? from_base64url(*text) : std::nullopt;
}

std::shared_ptr<EVP_PKEY> from_parameters(const char* type, OSSL_PARAM_BLD* builder) {
    EVP_PKEY* key = nullptr;
    OSSL_PARAM* const parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr);
    const bool made = EVP_PKEY_fromdata_init(context) == 1 &&
                      EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) == 1;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    return made ? owned(key) : nullptr;
}

using Builder = std::unique_ptr<OSSL_PARAM_BLD, Freeing<OSSL_PARAM_BLD_free>>;

std::shared_ptr<EVP_PKEY> rsa_key(const simdjson::dom::object& jwk) {
    const auto modulus = decoded(jwk, "n");
    const auto exponent = decoded(jwk, "e");
    constexpr std::size_t most_modulus = 1024;  // bytes; larger ones take long to verify with
    if (!modulus || !exponent || modulus->size() > most_modulus || exponent->size() > 8)
        return nullptr;
    const Number n(BN_bin2bn(bytes_of(*modulus), static_cast<int>(modulus->size()), nullptr));
    const Number e(BN_bin2bn(bytes_of(*exponent), static_cast<int>(exponent->size()), nullptr));
    const Builder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
    return from_parameters("RSA", builder.get());
}

std::shared_ptr<EVP_PKEY> p256_key(const simdjson::dom::object& jwk) {
    const auto x = decoded(jwk, "x");
    const auto y = decoded(jwk, "y");
    if (!x || !y || x->size() != coordinate || y->size() != coordinate ||
        member(jwk, "crv") != "P-256")
        return nullptr;
    const std::string point = '\x04' + *x + *y;
    const Builder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                     point.size());
    return from_parameters("EC", builder.get());
}

std::shared_ptr<EVP_PKEY> ed25519_key(const simdjson::dom::object& jwk) {
    const auto x = decoded(jwk, "x");
    if (!x || member(jwk, "crv") != "Ed25519") return nullptr;
    EVP_PKEY* const key =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(*x), x->size());
    return key == nullptr ? nullptr : owned(key);
}

std::shared_ptr<EVP_PKEY> public_key(const simdjson::dom::object& jwk, std::string_view type) {
    if (type == "RSA") return rsa_key(jwk);
    if (type == "EC") return p256_key(jwk);
    return type == "OKP" ? ed25519_key(jwk) : nullptr;
}

}  // namespace

Result<void> KeySet::add_jwks(std::string_view json, std::string_view name) {
    const auto wrong = [&](std::string_view what) {
        return failure(ErrorCode::invalid_argument, std::string(name) + ": " + std::string(what));
    };
    if (json.size() > most_jwks) return wrong("a JWK Set has at most 256 KiB");
    simdjson::dom::parser parser;
    simdjson::dom::array keys;
    if (parse_json(parser, json)["keys"].get(keys) != simdjson::SUCCESS)
        return wrong("it is not a JWK Set: {\"keys\": […]} (RFC 7517)");
    for (const simdjson::dom::element& element : keys) {
        simdjson::dom::object jwk;
        if (element.get(jwk) != simdjson::SUCCESS) return wrong("a key is a JSON object");
        if (keys_.size() >= most_keys) return wrong("there are more than 64 keys");
        if (const auto use = member(jwk, "use"); use && *use != "sig") continue;
        const std::string id = member(jwk, "kid").value_or("");
        const std::string type = member(jwk, "kty").value_or("");
        if (type == "oct") {
            auto key = SigningKey::secret(decoded(jwk, "k").value_or(""), id);
            if (!key) return wrong(key.error().message());
            add(std::move(*key));
        } else if (auto made = public_key(jwk, type)) {
            auto key = SigningKey::of(std::move(made), id, name);
            if (!key) return Failure(std::move(key.error()));
            add(std::move(*key));
        }
    }
    return {};
}

}  // namespace longwire::access
