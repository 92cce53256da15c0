#include "net/pinned_keys.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <span>

namespace longwire::net {

namespace {

constexpr std::string_view prefix = "sha256//";
constexpr std::size_t base64_size = 44;

std::string base64(std::span<const unsigned char> bytes) {
    std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                     static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

/// Whether `text` is the Base64 of 32 bytes, in the one form that it has.
bool is_digest(std::string_view text) {
    if (text.size() != base64_size) return false;
    std::array<unsigned char, base64_size> bytes = {};
    const int size =
        EVP_DecodeBlock(bytes.data(), reinterpret_cast<const unsigned char*>(text.data()),
                        static_cast<int>(text.size()));
    return size > SHA256_DIGEST_LENGTH &&
           base64(std::span(bytes).first(SHA256_DIGEST_LENGTH)) == text;
}

}  // namespace

Result<PinnedKeys> PinnedKeys::parse(std::string_view text) {
    PinnedKeys keys;
    while (!text.empty()) {
        const std::string_view pin = text.substr(0, text.find(';'));
        text.remove_prefix(std::min(pin.size() + 1, text.size()));
        if (!pin.starts_with(prefix) || !is_digest(pin.substr(prefix.size())))
            return failure(ErrorCode::invalid_argument,
                           "\"" + std::string(pin.substr(0, 100)) +
                               "\" is not the pin of a key; write sha256// and the Base64 of the "
                               "SHA-256 of the key (44 characters)");
        keys.pins_.emplace_back(pin);
    }
    return keys;
}

bool PinnedKeys::match(const X509* certificate) const {
    if (empty()) return true;
    return certificate != nullptr && std::ranges::find(pins_, pin_of(*certificate)) != pins_.end();
}

std::string pin_of(const X509& certificate) {
    unsigned char* written = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(&certificate), &written);
    if (size <= 0) return {};
    const auto free = [](unsigned char* data) { OPENSSL_free(data); };
    const std::unique_ptr<unsigned char, decltype(free)> key(written, free);
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest = {};
    SHA256(key.get(), static_cast<std::size_t>(size), digest.data());
    return std::string(prefix) + base64(digest);
}

}  // namespace longwire::net
