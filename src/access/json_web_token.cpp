#include "access/json_web_token.hpp"

#include "access/base64url.hpp"
#include "access/json_parser.hpp"

#include <optional>
#include <utility>

namespace longwire::access {

namespace {

Failure malformed(std::string_view sentence) {
    return failure(ErrorCode::invalid_argument, std::string(sentence));
}

struct Header {
    std::string algorithm;
    std::optional<std::string> key;
};

Result<Header> read_header(const std::string& json) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (parse_json(parser, json).get(object) != simdjson::SUCCESS)
        return malformed("The token's header is not JSON.");
    // (RFC 7515, section 4.)
    if (names_repeat(object)) return malformed("The token's header contains a parameter twice.");
    // Whoever asks for what we do not know is refused (RFC 7515, section 4.1.11).
    simdjson::dom::element critical;
    if (object["crit"].get(critical) == simdjson::SUCCESS)
        return malformed(
            "The token requires extensions (\"crit\") that this server does not support.");
    std::string_view text;
    Header header;
    if (object["alg"].get(text) != simdjson::SUCCESS)
        return malformed("The token's header names no algorithm.");
    header.algorithm = text;
    if (object["kid"].get(text) == simdjson::SUCCESS) header.key = text;
    return header;
}

Result<void> verify_signature(const TokenParts& parts, const KeySet& keys) {
    const auto header = read_header(parts.header);
    if (!header) return Failure(header.error());
    bool algorithm_known = false;
    for (const SigningKey& key : keys.keys()) {
        if (name_of(key.algorithm()) != header->algorithm) continue;
        if (!key.id().empty() && header->key.value_or(key.id()) != key.id()) continue;
        algorithm_known = true;
        if (key.verify(parts.signed_text, parts.signature)) return {};
    }
    return malformed(
        algorithm_known
            ? "The token's signature does not match any key of this server."
            : "The token is signed with an algorithm or a key that this server does not know.");
}

}  // namespace

Result<TokenParts> split_token(std::string_view token) {
    if (token.size() > longest_token) return malformed("The token is longer than 8 KiB.");
    const std::size_t first = token.find('.');
    const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos)
        return malformed(
            "This is not a JSON Web Token: it must have three parts separated by dots.");
    auto header = from_base64url(token.substr(0, first));
    auto claims = from_base64url(token.substr(first + 1, second - first - 1));
    auto signature = from_base64url(token.substr(second + 1));
    if (!header || !claims || !signature)
        return malformed("This is not a JSON Web Token: its parts are not base64url.");
    return TokenParts{.header = std::move(*header),
                      .claims = std::move(*claims),
                      .signature = std::move(*signature),
                      .signed_text = token.substr(0, second)};
}

Result<Claims> verify_token(std::string_view token, const KeySet& keys,
                            const ClaimsDemands& demands,
                            std::chrono::system_clock::time_point now) {
    const auto parts = split_token(token);
    if (!parts) return Failure(parts.error());
    if (const auto verified = verify_signature(*parts, keys); !verified)
        return Failure(verified.error());
    return read_claims(parts->claims, demands, now);
}

Result<Claims> verify_token(std::string_view token, const KeySet& keys, VerifiedTokens& verified,
                            const ClaimsDemands& demands,
                            std::chrono::system_clock::time_point now) {
    const auto parts = split_token(token);
    if (!parts) return Failure(parts.error());
    if (!verified.contains(token)) {
        if (const auto good = verify_signature(*parts, keys); !good) return Failure(good.error());
        verified.add(token);
    }
    return read_claims(parts->claims, demands, now);
}

Result<std::string> sign_token(std::string_view claims, const SigningKey& key) {
    std::string token =
        to_base64url(R"({"alg":")" + std::string(name_of(key.algorithm())) + R"(","typ":"JWT"})");
    token += '.';
    token += to_base64url(claims);
    auto signature = key.sign(token);
    if (!signature) return Failure(std::move(signature.error()));
    token += '.';
    token += to_base64url(*signature);
    return token;
}

}  // namespace longwire::access
