// Keys for tokens, as a JWK Set (which may be fetched from somewhere) and as PEM.
#include "fuzz_input.hpp"

#include "access/signing_key.hpp"

namespace longwire::fuzz {
namespace {

using namespace access;

void check_words(const Error& error) {
    require(error.code() == ErrorCode::invalid_argument, "a key that is none is a wrong argument");
    require(error.message().starts_with("keys.json: "), "an error says which file it is about");
    require(std::ranges::all_of(error.message(),
                                [](char letter) { return letter >= ' ' || letter < 0; }),
            "an error is one line");
}

void check_key(const SigningKey& key, std::string_view signature) {
    constexpr std::string_view said = "what is said";
    require(!key.verify(said, signature), "nobody signs by chance");
    const auto made = key.sign(said);
    if (key.algorithm() != Algorithm::hs256) return;
    require(made.has_value(), "a secret signs");
    require(key.verify(said, *made), "what a secret has signed is good");
    require(!key.verify("what is said else", *made), "and is good for nothing else");
    require(!key.verify(said, std::string_view(*made).substr(1)) && !key.verify(said, *made + "x"),
            "as a whole");
}

void check(FuzzInput input) {
    // (Of P-256 and Ed25519 a signature has 64 bytes.)
    const std::size_t size = input.number(0, 1) == 0 ? 64 : input.number(0, 300);
    const std::string text = input.rest();
    std::string signature = text.substr(0, size);
    signature.resize(size, 'x');

    KeySet keys;
    const auto added = keys.add_jwks(as_body(text), "keys.json");
    if (!added) check_words(added.error());
    require(keys.keys().size() <= KeySet::most_keys, "keys are bounded");
    for (const SigningKey& key : keys.keys()) {
        require(key.algorithm() == Algorithm::hs256 || !key.sign("x"),
                "a JWK Set holds public keys, which do not sign");
        check_key(key, signature);
    }

    const auto key = SigningKey::pem(as_body(text), "keys.json");
    if (!key) return check_words(key.error());
    require(key->algorithm() != Algorithm::hs256, "PEM holds no secret for HS256");
    require(!key->verify("what is said", signature), "nobody signs by chance");
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check({data, size});
    return 0;
}
