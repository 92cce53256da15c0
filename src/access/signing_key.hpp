#pragma once

#include <longwire/result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace longwire::access {

/// How a token is signed (RFC 7518, section 3.1; RFC 8037).
enum class Algorithm : std::uint8_t { hs256, rs256, es256, eddsa };

[[nodiscard]] std::string_view name_of(Algorithm algorithm) noexcept;

/// A key, and the one algorithm that it is for: a token does not choose.
class SigningKey {
public:
    /// For HS256. Errors: invalid_argument (a secret of less than 32 bytes: RFC 7518, section 3.2).
    [[nodiscard]] static Result<SigningKey> secret(std::string secret, std::string id = {});
    /// From PEM: a public key, a certificate or a private key, of RSA (2,048 bits at least), P-256
    /// or Ed25519. `name` is what errors call it. Errors: invalid_argument.
    [[nodiscard]] static Result<SigningKey> pem(std::string_view pem, std::string_view name);

    [[nodiscard]] Algorithm algorithm() const noexcept { return algorithm_; }
    [[nodiscard]] const std::string& id() const noexcept { return id_; }

    /// Whether `signature` is that of `text`.
    [[nodiscard]] bool verify(std::string_view text, std::string_view signature) const;
    /// Errors: invalid_argument (a public key cannot sign).
    [[nodiscard]] Result<std::string> sign(std::string_view text) const;

private:
    friend class KeySet;
    SigningKey() = default;
    [[nodiscard]] static Result<SigningKey> of(std::shared_ptr<evp_pkey_st> key, std::string id,
                                               std::string_view name);

    Algorithm algorithm_ = Algorithm::hs256;
    std::string id_;
    std::string secret_;
    std::shared_ptr<evp_pkey_st> key_;
    bool private_ = false;
};

/// The keys that tokens may be signed with.
class KeySet {
public:
    static constexpr std::size_t most_keys = 64;

    void add(SigningKey key) { keys_.push_back(std::move(key)); }
    /// Adds the keys of a JWK Set (RFC 7517, section 5): kinds that are not known, and keys that
    /// are not for signing, are passed over. `name` is what errors call it. Errors:
    /// invalid_argument.
    [[nodiscard]] Result<void> add_jwks(std::string_view json, std::string_view name);

    [[nodiscard]] const std::vector<SigningKey>& keys() const noexcept { return keys_; }

private:
    std::vector<SigningKey> keys_;
};

}  // namespace longwire::access
