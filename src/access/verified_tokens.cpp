#include "access/verified_tokens.hpp"

#include <openssl/evp.h>

#include <utility>

namespace longwire::access {

bool VerifiedTokens::contains(std::string_view token) {
    const auto digest = digest_of(token);
    if (!digest) return false;
    const std::scoped_lock lock(mutex_);
    return newer_.contains(*digest) || older_.contains(*digest);
}

void VerifiedTokens::add(std::string_view token) {
    const auto digest = digest_of(token);
    if (!digest) return;
    const std::scoped_lock lock(mutex_);
    if (older_.contains(*digest)) return;
    newer_.insert(*digest);
    if (newer_.size() < most / 2) return;
    older_ = std::exchange(newer_, {});
}

std::size_t VerifiedTokens::size() {
    const std::scoped_lock lock(mutex_);
    return newer_.size() + older_.size();
}

std::optional<VerifiedTokens::Digest> VerifiedTokens::digest_of(std::string_view token) {
    Digest digest = {};
    if (EVP_Digest(token.data(), token.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
        return std::nullopt;
    return digest;
}

}  // namespace longwire::access
