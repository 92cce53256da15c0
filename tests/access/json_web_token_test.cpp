#include "access/json_web_token.hpp"

#include "access/base64url.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace longwire::access {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;

// RFC 7515, appendix A.
constexpr std::string_view rfc_claims =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
    "Q";
constexpr std::string_view rfc_keys = R"({"keys":[
 {"kty":"oct","kid":"hs","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"},
 {"kty":"RSA","kid":"rs","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"},
 {"kty":"EC","kid":"es","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
 {"kty":"OKP","kid":"ed","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
 {"kty":"EC","crv":"P-521","x":"AA","y":"AA"},
 {"kty":"RSA","use":"enc","n":"AA","e":"AQAB"},
 {"kty":"new"}
]})";
const std::string hs_token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + std::string(rfc_claims) +
                             ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const std::string rs_token =
    "eyJhbGciOiJSUzI1NiJ9." + std::string(rfc_claims) +
    ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
    "O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjt"
    "QBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6Ie"
    "YI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
const std::string es_token =
    "eyJhbGciOiJFUzI1NiJ9." + std::string(rfc_claims) +
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

const auto rfc_time = system_clock::time_point(1300819300s);

KeySet rfc_key_set() {
    KeySet keys;
    const auto added = keys.add_jwks(rfc_keys, "keys.json");
    EXPECT_TRUE(added) << added.error().message();
    return keys;
}

std::string error_of(const Result<Claims>& claims) {
    return claims ? "" : claims.error().message();
}

TEST(Jwks, TakesTheKindsItKnowsAndPassesOverOthers) {
    EXPECT_EQ(rfc_key_set().keys().size(), 4U);
}

TEST(Jwks, IsRefusedWhereItIsNone) {
    KeySet keys;
    for (const auto* text : {"", "{}", "[]", R"({"keys":{}})", R"({"keys":[1]})",
                             R"({"keys":[{"kty":"oct","k":"c2hvcnQ"}]})"})
        EXPECT_FALSE(keys.add_jwks(text, "keys.json")) << text;
    std::string many = R"({"keys":[)";
    for (int count = 0; count < 65; ++count)
        many += std::string(count == 0 ? "" : ",") + R"({"kty":"oct","k":")" +
                std::string(43, 'A') + R"("})";
    EXPECT_FALSE(keys.add_jwks(many + "]}", "keys.json"));
}

TEST(Token, OfTheRfcIsGood) {
    const KeySet keys = rfc_key_set();
    for (const std::string& token : {hs_token, rs_token, es_token}) {
        const auto claims = verify_token(token, keys, {.audience = {}, .issuer = "joe"}, rfc_time);
        ASSERT_TRUE(claims) << claims.error().message();
        EXPECT_EQ(claims->expires, std::chrono::sys_seconds(1300819380s));
    }
}

TEST(Token, IsVerifiedOnceAndJudgedEachTime) {
    const KeySet keys = rfc_key_set();
    const KeySet no_keys;
    for (const std::string& token : {hs_token, rs_token, es_token}) {
        VerifiedTokens verified;
        EXPECT_FALSE(verify_token(token, no_keys, verified, {}, rfc_time));
        EXPECT_TRUE(verify_token(token, keys, verified, {}, rfc_time));
        EXPECT_TRUE(verify_token(token, no_keys, verified, {}, rfc_time));
        EXPECT_EQ(error_of(verify_token(token, keys, verified, {}, rfc_time + 1h)),
                  error_of(verify_token(token, keys, {}, rfc_time + 1h)));
        EXPECT_FALSE(
            verify_token(token, keys, verified, {.audience = {}, .issuer = "ann"}, rfc_time));
        std::string other = token;
        other[token.size() / 2] ^= 1;
        EXPECT_FALSE(verify_token(other, keys, verified, {}, rfc_time));
        EXPECT_FALSE(verify_token(other, keys, verified, {}, rfc_time));
        EXPECT_EQ(verified.size(), 1U);
    }
}

TEST(VerifiedTokens, AreBounded) {
    VerifiedTokens verified;
    std::size_t largest = 0;
    const std::size_t count = 3 * VerifiedTokens::most;
    for (std::size_t number = 0; number < count; ++number) {
        verified.add(std::to_string(number));
        largest = std::max(largest, verified.size());
    }
    EXPECT_LE(largest, VerifiedTokens::most);
    EXPECT_FALSE(verified.contains("0"));
    EXPECT_TRUE(verified.contains(std::to_string(count - 1)));
    EXPECT_TRUE(verified.contains(std::to_string(count - VerifiedTokens::most / 2)));
}

// RFC 8037, appendix A.4. (Its payload is no claims set.)
TEST(Token, OfEd25519IsVerified) {
    const KeySet keys = rfc_key_set();
    const SigningKey& key = keys.keys().at(3);
    const auto parts = split_token(
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-"
        "09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
    ASSERT_TRUE(parts);
    EXPECT_EQ(parts->claims, "Example of Ed25519 signing");
    EXPECT_TRUE(key.verify(parts->signed_text, parts->signature));
    std::string other = parts->signature;
    other[5] = static_cast<char>(other[5] ^ 1);
    EXPECT_FALSE(key.verify(parts->signed_text, other));
}

TEST(Token, IsRefusedWhereAnyPartWasChanged) {
    const KeySet keys = rfc_key_set();
    for (const std::string& token : {hs_token, rs_token, es_token}) {
        for (std::size_t at = 0; at < token.size(); at += 7) {
            if (token[at] == '.') continue;
            std::string other = token;
            other[at] = other[at] == 'A' ? 'B' : 'A';
            EXPECT_FALSE(verify_token(other, keys, {}, rfc_time)) << at;
        }
        EXPECT_FALSE(verify_token(token.substr(0, token.size() - 1), keys, {}, rfc_time));
        EXPECT_FALSE(verify_token(token + "A", keys, {}, rfc_time));
        EXPECT_FALSE(verify_token(token + ".", keys, {}, rfc_time));
    }
}

TEST(Token, WithoutASignatureIsNone) {
    const KeySet keys = rfc_key_set();
    for (const auto* algorithm : {"none", "None", "", "HS512"}) {
        const std::string header = to_base64url(std::string(R"({"alg":")") + algorithm + "\"}");
        EXPECT_FALSE(
            verify_token(header + "." + std::string(rfc_claims) + ".", keys, {}, rfc_time));
    }
}

TEST(Token, CannotMakeASecretOfAPublicKey) {
    KeySet keys;
    ASSERT_TRUE(keys.add_jwks(rfc_keys, ""));
    KeySet only_public;
    only_public.add(keys.keys().at(1));
    // Signed by HMAC with what everyone knows of the key.
    const auto forged = SigningKey::secret(std::string(rfc_keys));
    const auto token = sign_token(R"({"sub":"root"})", *forged);
    ASSERT_TRUE(token);
    EXPECT_FALSE(verify_token(*token, only_public, {}, rfc_time));
}

TEST(Token, NamesItsKey) {
    const KeySet keys = rfc_key_set();
    const auto parts = split_token(hs_token);
    const std::string header = to_base64url(R"({"alg":"HS256","kid":"other"})");
    const std::string text = header + "." + std::string(rfc_claims);
    const auto signature = keys.keys().front().sign(text);
    const auto refused = verify_token(text + "." + to_base64url(*signature), keys, {}, rfc_time);
    EXPECT_EQ(error_of(refused),
              "The token is signed with an algorithm or a key that this server does not know.");
}

// ---- claims -------------------------------------------------------------------------------------

struct OwnTokens : testing::Test {
    SigningKey key = *SigningKey::secret(std::string(32, 's'));
    KeySet keys;
    system_clock::time_point now{1'000'000s};
    OwnTokens() { keys.add(key); }

    Result<Claims> verify(std::string_view claims, const ClaimsDemands& demands = {}) const {
        return verify_token(*sign_token(claims, key), keys, demands, now);
    }
};

TEST_F(OwnTokens, SayWhoSomebodyIsAndWhatTheyMayDo) {
    const auto claims = verify(
        R"({"sub":"ann","info":{"name":"Ann"},"channels":["chat.*","news"],"publish":["chat.1"]})");
    ASSERT_TRUE(claims) << claims.error().message();
    EXPECT_EQ(claims->user, "ann");
    EXPECT_EQ(claims->info, R"({"name":"Ann"})");
    EXPECT_FALSE(claims->expires);
    EXPECT_TRUE(claims->may_subscribe("chat.1"));
    EXPECT_TRUE(claims->may_subscribe("news"));
    EXPECT_FALSE(claims->may_subscribe("news.2"));
    EXPECT_TRUE(claims->may_publish("chat.1"));
    EXPECT_FALSE(claims->may_publish("chat.2"));
}

TEST_F(OwnTokens, AreGoodFromTheirBeginningToTheirEnd) {
    EXPECT_TRUE(verify(R"({"exp":1000001})"));
    EXPECT_TRUE(verify(R"({"exp":999991})"));
    EXPECT_EQ(error_of(verify(R"({"exp":999990})")),
              "The token expired 10 seconds ago. Get a new one.");
    EXPECT_TRUE(verify(R"({"nbf":1000010})"));
    EXPECT_FALSE(verify(R"({"nbf":1000011})"));
    EXPECT_TRUE(verify(R"({"exp":1000000.5})"));
}

// The system's clock counts nanoseconds, and ends in the year 2262.
TEST_F(OwnTokens, MayLastLongerThanTheClock) {
    for (const auto* seconds : {"9223372036", "9223372037", "9999999999", "253402300799"}) {
        const auto claims = verify(R"({"exp":)" + std::string(seconds) + "}");
        ASSERT_TRUE(claims) << seconds << ": " << claims.error().message();
        EXPECT_GT(*claims->expires - system_clock::now(), 24h * 365 * 100) << seconds;
        EXPECT_EQ(error_of(verify(R"({"nbf":)" + std::string(seconds) + "}")),
                  "The token is not valid yet: its \"nbf\" is in the future.");
    }
    EXPECT_FALSE(verify(R"({"exp":253402300800})"));
}

TEST_F(OwnTokens, SayNothingTwice) {
    EXPECT_EQ(error_of(verify(R"({"exp":1000001,"sub":"ann","exp":9000000})")),
              "The token contains a claim twice.");
    EXPECT_FALSE(verify(R"({"sub":"ann","s\u0075b":"root"})"));
    EXPECT_TRUE(verify(R"({"sub":"ann","info":{"sub":"x"},"other":{"sub":"y"}})"));
    const std::string text =
        to_base64url(R"({"alg":"none","alg":"HS256"})") + "." + to_base64url("{}");
    EXPECT_EQ(error_of(verify_token(text + "." + to_base64url(*key.sign(text)), keys, {}, now)),
              "The token's header contains a parameter twice.");
}

TEST_F(OwnTokens, MayBeEmptyTextAndAreNoneThen) {
    EXPECT_EQ(error_of(verify("")), "The token does not contain a JSON object.");
    EXPECT_FALSE(read_claims({}, {}, now));
    const std::string text = ".";
    EXPECT_FALSE(verify_token(text + "." + to_base64url(*key.sign(text)), keys, {}, now));
    EXPECT_FALSE(KeySet().add_jwks({}, "keys.json"));
}

TEST_F(OwnTokens, AreForWhomTheServerIs) {
    const ClaimsDemands demands = {.audience = "us", .issuer = "them"};
    EXPECT_TRUE(verify(R"({"aud":"us","iss":"them"})", demands));
    EXPECT_TRUE(verify(R"({"aud":["others","us"],"iss":"them"})", demands));
    EXPECT_FALSE(verify(R"({"aud":"others","iss":"them"})", demands));
    EXPECT_FALSE(verify(R"({"aud":["others"],"iss":"them"})", demands));
    EXPECT_FALSE(verify(R"({"aud":"us","iss":"us"})", demands));
    EXPECT_FALSE(verify(R"({"aud":"us"})", demands));
    EXPECT_FALSE(verify(R"({"iss":"them"})", demands));
}

TEST_F(OwnTokens, AreRefusedWhereAClaimIsNotWhatItShouldBe) {
    for (const std::string& claims :
         {std::string("[]"), std::string("1"), std::string("{"), std::string(R"({"exp":"soon"})"),
          std::string(R"({"exp":-1})"), std::string(R"({"exp":1e300})"),
          std::string(R"({"nbf":true})"), std::string(R"({"sub":1})"),
          std::string(R"({"channels":"chat.*"})"), std::string(R"({"publish":[1]})"),
          R"({"sub":")" + std::string(129, 'x') + "\"}",
          R"({"info":")" + std::string(1025, 'x') + "\"}"})
        EXPECT_FALSE(verify(claims)) << claims;
}

TEST_F(OwnTokens, MayNotBeLong) {
    const std::string claims = R"({"x":")" + std::string(9000, 'x') + "\"}";
    EXPECT_EQ(error_of(verify(claims)), "The token is longer than 8 KiB.");
}

TEST_F(OwnTokens, AskForNothingThatIsNotKnown) {
    const std::string text =
        to_base64url(R"({"alg":"HS256","crit":["exp"]})") + "." + to_base64url("{}");
    EXPECT_FALSE(verify_token(text + "." + to_base64url(*key.sign(text)), keys, {}, now));
}

TEST(Secret, MustBeLongEnough) {
    EXPECT_FALSE(SigningKey::secret(std::string(31, 's')));
    EXPECT_TRUE(SigningKey::secret(std::string(32, 's')));
}

// ---- keys in files ------------------------------------------------------------------------------

// Made by the openssl command for this test alone.
constexpr std::string_view p256_private = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgvhbYWCYy8rzJcuue
UxEP9tJS2LXUHlrgEFvK1axXHOOhRANCAATjSHCOFdDHtkFyNG6jv6lGmp0DIxaV
OfIMe7J6pl6/DA63iqObij2OrjETlTclfE9EgXaF+Hh/7AJvMowZfoP8
-----END PRIVATE KEY-----
)";
constexpr std::string_view p256_public = R"(-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE40hwjhXQx7ZBcjRuo7+pRpqdAyMW
lTnyDHuyeqZevwwOt4qjm4o9jq4xE5U3JXxPRIF2hfh4f+wCbzKMGX6D/A==
-----END PUBLIC KEY-----
)";
constexpr std::string_view ed_private = R"(-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIByPIjVd6LqMKFESp8WnIIf9IyQ0B/3EtXvyJjcdskFg
-----END PRIVATE KEY-----
)";
constexpr std::string_view ed_public = R"(-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAaz333PUEn6PgvJvwuqFSZXcb2sWsdWVsnzNuV48502U=
-----END PUBLIC KEY-----
)";

constexpr std::string_view p256_encrypted = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHrMFYGCSqGSIb3DQEFDTBJMCgGCSqGSIb3DQEFDDAbBAi0FTdwCzrOggIBCjAM
BggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQBoqWlTxglveiWsncaJ9HmASBkLhc
9cIT4B0girIxKWzFPoPHehqA6Z3ELDdj9XSA34NwgAML+TCIqP6IODoIbkpmMWbp
sQjGCN51xVSMHjfggXMvpxOy6HNp58P3/OYBSBt3eHQK0znWAE3bJOnwwVtJ1grW
puHXtgmIFDwP2kFcci3NW/WtYhtmL/Q0ACB4xm7igNW+xDpSOpRV8H0kqFrK7g==
-----END ENCRYPTED PRIVATE KEY-----
)";

TEST(PemKey, OnesPrivatePartSignsAndThePublicVerifies) {
    for (const auto& [secret, open] :
         {std::pair(p256_private, p256_public), std::pair(ed_private, ed_public)}) {
        const auto signing = SigningKey::pem(secret, "private.pem");
        const auto verifying = SigningKey::pem(open, "public.pem");
        ASSERT_TRUE(signing) << signing.error().message();
        ASSERT_TRUE(verifying) << verifying.error().message();
        KeySet keys;
        keys.add(*verifying);
        const auto token = sign_token(R"({"sub":"ann"})", *signing);
        ASSERT_TRUE(token) << token.error().message();
        EXPECT_EQ(verify_token(*token, keys, {}, rfc_time)->user, "ann");
        EXPECT_FALSE(sign_token("{}", *verifying));
    }
}

// (Nobody is asked for the passphrase.)
TEST(PemKey, IsRefusedWhereItIsEncrypted) {
    const auto key = SigningKey::pem(p256_encrypted, "key.pem");
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().message(),
              "key.pem: it contains no PEM key (-----BEGIN PUBLIC KEY-----)");
}

TEST(PemKey, IsRefusedWhereThereIsNone) {
    EXPECT_FALSE(SigningKey::pem({}, "key.pem"));
    const auto key = SigningKey::pem("hello", "key.pem");
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().message(),
              "key.pem: it contains no PEM key (-----BEGIN PUBLIC KEY-----)");
}

// ---- base64url ----------------------------------------------------------------------------------

TEST(Base64Url, IsReadAsItIsWritten) {
    for (std::size_t size = 0; size < 20; ++size) {
        std::string bytes;
        for (std::size_t at = 0; at < size; ++at) bytes += static_cast<char>(at * 37 + size);
        EXPECT_EQ(from_base64url(to_base64url(bytes)), bytes);
    }
    EXPECT_EQ(to_base64url("\xff\xfe"), "__4");
}

TEST(Base64Url, HasOneTextForEachMeaning) {
    for (const auto* text : {"A", "AAAAA", "AB", "AAB", "AA==", "A A", "+A", "/A", "\n"})
        EXPECT_FALSE(from_base64url(text)) << text;
}

}  // namespace
}  // namespace longwire::access
