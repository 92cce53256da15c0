// JSON Web Tokens: the text as a token that somebody shows, and as the claims, behind a first line
// that is the header, of one that was signed.
#include "fuzz_input.hpp"
#include "plain_json.hpp"

#include "access/base64url.hpp"
#include "access/json_web_token.hpp"

#include <chrono>
#include <cmath>

namespace longwire::fuzz {
namespace {

using namespace access;
using std::chrono::system_clock;

// The public keys of RFC 7515, appendix A, and RFC 8037: to verify with, which nobody here can sign
// for.
constexpr std::string_view public_keys = R"({"keys":[
 {"kty":"RSA","kid":"rs","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"},
 {"kty":"EC","kid":"es","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
 {"kty":"OKP","kid":"ed","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

const SigningKey& secret_key() {
    static const SigningKey key =
        *SigningKey::secret("what the fuzzer does not sign with by itself");
    return key;
}

const KeySet& keys() {
    static const KeySet set = [] {
        KeySet made;
        made.add(secret_key());
        require(made.add_jwks(public_keys, "keys").has_value(), "the keys of the RFCs are keys");
        return made;
    }();
    return set;
}

/// What holds of claims by the letter of RFC 7519.
struct PlainClaims {
    bool repeated = false;
    bool expired = false;
    bool too_early = false;
};

PlainClaims plain_claims(std::string_view json, system_clock::time_point now,
                         std::chrono::seconds leeway) {
    PlainClaims plain;
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    const std::string text(json);
    if (parser.parse(text).get(object) != simdjson::SUCCESS) return plain;
    std::vector<std::string> names;
    const auto seconds = static_cast<double>(
        std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
    const auto later = static_cast<double>(leeway.count());
    for (const simdjson::dom::key_value_pair& field : object) {
        names.emplace_back(field.key);
        double number = 0;
        if (field.value.get(number) != simdjson::SUCCESS) continue;
        if (field.key == "exp") plain.expired = std::floor(number) <= seconds - later;
        if (field.key == "nbf") plain.too_early = std::floor(number) > seconds + later;
    }
    for (std::size_t one = 0; one < names.size(); ++one)
        for (std::size_t other = 0; other < one; ++other)
            plain.repeated = plain.repeated || names[one] == names[other];
    return plain;
}

std::string account(const Result<Claims>& claims) {
    if (!claims) return "refused: " + claims.error().message();
    std::string text =
        claims->user + " " + claims->info + " " +
        (claims->expires ? std::to_string(claims->expires->time_since_epoch().count())
                         : std::string("for good"));
    for (const std::string& pattern : claims->channels) text += "\nchannel " + pattern;
    for (const std::string& pattern : claims->publish) text += "\npublish " + pattern;
    return text + "\n" + claims->json;
}

Result<Claims> check_claims(std::string_view json, system_clock::time_point now) {
    const ClaimsDemands demands;
    auto claims = read_claims(json, demands, now);
    const PlainClaims plain = plain_claims(json, now, demands.leeway);
    if (!claims) {
        const std::string& words = claims.error().message();
        require(std::ranges::all_of(words, [](char letter) { return letter >= ' '; }),
                "a refusal is one line");
        require(!words.starts_with("The token expired") || plain.expired,
                "a token is good until it has expired");
        require(!words.starts_with("The token is not valid yet") || plain.too_early,
                "a token is good from when it says");
        return claims;
    }
    require(!plain.repeated, "nothing is claimed twice");
    require(!plain.expired && !plain.too_early, "a good token is good now");
    require(claims->user.size() <= 128 && claims->info.size() <= 1024 &&
                claims->channels.size() <= 256 && claims->publish.size() <= 256,
            "claims are bounded");
    require(claims->info.empty() || plain_json(claims->info) == claims->info,
            "the information is JSON");
    require(!claims->expires || *claims->expires + demands.leeway > now,
            "when a token ends can be compared with the time");
    require_same(account(read_claims(claims->json, demands, now)), account(claims),
                 "claims written out are the same claims");
    return claims;
}

std::string signed_token(std::string_view header, std::string_view claims) {
    const std::string text = to_base64url(header) + "." + to_base64url(claims);
    return text + "." + to_base64url(*secret_key().sign(text));
}

void check_signed(std::string_view header, std::string_view claims, std::size_t place,
                  system_clock::time_point now) {
    const auto read = check_claims(claims, now);
    const std::string token = signed_token(R"({"alg":"HS256","typ":"JWT"})", claims);
    if (token.size() > longest_token) return;
    require_same(account(verify_token(token, keys(), {}, now)), account(read),
                 "of a token that was signed, the claims count");
    std::string changed = token;
    char& letter = changed[place % changed.size()];
    letter = letter == 'A' ? 'B' : 'A';
    require(!verify_token(changed, keys(), {}, now), "a token that was changed is none");

    const std::string strange = signed_token(header, claims);
    if (!verify_token(strange, keys(), {}, now)) return;
    require(plain_json_text_at(header, "alg") == "HS256",
            "a token is signed with the algorithm that it names");
    require(header.find("crit") == std::string_view::npos || plain_json(header) != std::nullopt,
            "a header is JSON");
}

void check_shown(const std::string& token, system_clock::time_point now) {
    const auto parts = split_token(token);
    if (parts)
        require_same(to_base64url(parts->header) + "." + to_base64url(parts->claims) + "." +
                         to_base64url(parts->signature),
                     token, "a token has one way to be written");
    require(!verify_token(as_body(token), keys(), {}, now),
            "a token that nobody has signed is none");
    if (const auto bytes = from_base64url(token))
        require_same(to_base64url(*bytes), token, "bytes have one text in base64url");
    require(from_base64url(to_base64url(token)) == token, "base64url can be undone");
}

void check(FuzzInput input) {
    // Up to the year 2128.
    const system_clock::time_point now{std::chrono::seconds(input.number(0, 5'000'000'000))};
    const std::size_t place = input.number(0, 1000);
    const std::string text = input.rest();
    check_shown(text, now);
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string claims = text.substr(std::min(end + 1, text.size()));
    check_signed(std::string_view(text).substr(0, end), as_body(claims), place, now);
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check({data, size});
    return 0;
}
