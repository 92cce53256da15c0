#include "protocol/handshake_key.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>

namespace longwire::protocol {

namespace {

constexpr std::array<bool, 256> base64_letters = [] {
    std::array<bool, 256> letters = {};
    for (const char letter :
         std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
        letters[static_cast<unsigned char>(letter)] = true;
    return letters;
}();

std::string base64(std::span<const unsigned char> bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                     static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    return text;
}

/// Found once: to look for it takes longer than to use it.
const EVP_MD* sha1() {
    static const EVP_MD* const found = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    return found == nullptr ? EVP_sha1() : found;
}

/// Of this thread.
EVP_MD_CTX* context() {
    struct Free {
        void operator()(EVP_MD_CTX* made) const { EVP_MD_CTX_free(made); }
    };
    thread_local const std::unique_ptr<EVP_MD_CTX, Free> made(EVP_MD_CTX_new());
    if (!made) throw std::bad_alloc();
    return made.get();
}

}  // namespace

std::string random_key() {
    std::array<unsigned char, 16> bytes = {};
    // Without a generator there is no safe way to go on.
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) std::abort();
    return base64(bytes);
}

bool is_key(std::string_view key) noexcept {
    // (The last digit carries 2 bits of the 16th byte, and 4 that mean nothing: an example of RFC
    // 6455 itself, in section 4.1, has some of them set.)
    constexpr std::size_t digits = 22;
    if (key.size() != digits + 2 || !key.ends_with("==")) return false;
    return std::ranges::all_of(key.substr(0, digits), [](char letter) {
        return base64_letters[static_cast<unsigned char>(letter)];
    });
}

std::string accept_key(std::string_view key) {
    constexpr std::string_view guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest = {};
    unsigned int size = 0;
    EVP_MD_CTX* const hash = context();
    EVP_DigestInit_ex(hash, sha1(), nullptr);
    EVP_DigestUpdate(hash, key.data(), key.size());
    EVP_DigestUpdate(hash, guid.data(), guid.size());
    EVP_DigestFinal_ex(hash, digest.data(), &size);
    return base64(std::span(digest).first(size));
}

}  // namespace longwire::protocol
