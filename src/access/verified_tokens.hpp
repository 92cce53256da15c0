#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_set>

namespace longwire::access {

/// Tokens whose signature one of a set of keys has made, so that whoever reconnects does not have
/// it verified again. What a token claims, and until when, is judged each time. Any thread.
class VerifiedTokens {
public:
    /// How many are remembered at most; of more, the oldest are forgotten.
    static constexpr std::size_t most = std::size_t{16} * 1024;

    [[nodiscard]] bool contains(std::string_view token);
    void add(std::string_view token);
    [[nodiscard]] std::size_t size();

private:
    /// (SHA-256: nobody can make another token that has the same, and no token stays in memory.)
    using Digest = std::array<unsigned char, 32>;
    struct DigestHash {
        std::size_t operator()(const Digest& digest) const noexcept {
            std::size_t hash = 0;
            std::memcpy(&hash, digest.data(), sizeof hash);
            return hash;
        }
    };
    using Digests = std::unordered_set<Digest, DigestHash>;

    /// Null where it cannot be made.
    [[nodiscard]] static std::optional<Digest> digest_of(std::string_view token);

    std::mutex mutex_;
    Digests newer_;
    Digests older_;  // forgotten when there are half of `most` that are newer
};

}  // namespace longwire::access
