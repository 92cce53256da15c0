#pragma once

#include "access/claims.hpp"
#include "access/signing_key.hpp"
#include "access/verified_tokens.hpp"

#include <longwire/result.hpp>

#include <chrono>
#include <string>
#include <string_view>

namespace longwire::access {

/// A token of more bytes is not looked at.
inline constexpr std::size_t longest_token = std::size_t{8} * 1024;

/// Reads a JSON Web Token (RFC 7519) in the compact form of RFC 7515 that one of `keys` has signed.
/// Its header names one of their algorithms, and may name the key; "none" is no signature. Errors:
/// invalid_argument, with a sentence for whoever showed the token; nothing of it is repeated.
[[nodiscard]] Result<Claims> verify_token(std::string_view token, const KeySet& keys,
                                          const ClaimsDemands& demands,
                                          std::chrono::system_clock::time_point now);
/// The same for tokens that come again: the signature of one that is in `verified` is not verified
/// once more. All of them must have been put there with the same keys.
[[nodiscard]] Result<Claims> verify_token(std::string_view token, const KeySet& keys,
                                          VerifiedTokens& verified, const ClaimsDemands& demands,
                                          std::chrono::system_clock::time_point now);

/// The three parts of a token, decoded and not verified: for people to look at.
struct TokenParts {
    std::string header;     // JSON
    std::string claims;     // JSON
    std::string signature;  // bytes
    std::string_view signed_text;
};
[[nodiscard]] Result<TokenParts> split_token(std::string_view token);

/// Makes a token of the JSON object `claims`. Errors: invalid_argument.
[[nodiscard]] Result<std::string> sign_token(std::string_view claims, const SigningKey& key);

}  // namespace longwire::access
