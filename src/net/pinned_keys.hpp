#pragma once

#include <longwire/result.hpp>

#include <string>
#include <string_view>
#include <vector>

struct x509_st;

namespace longwire::net {

/// The keys that a server's certificate may have, each as "sha256//" and the Base64 of the SHA-256
/// of its SubjectPublicKeyInfo.
class PinnedKeys {
public:
    /// No pins: any key will do.
    PinnedKeys() = default;
    /// Reads pins with ";" between them. Errors: invalid_argument.
    [[nodiscard]] static Result<PinnedKeys> parse(std::string_view text);

    [[nodiscard]] bool empty() const noexcept { return pins_.empty(); }
    /// Null, a server that has shown no certificate, matches no pin.
    [[nodiscard]] bool match(const x509_st* certificate) const;

private:
    std::vector<std::string> pins_;
};

/// The pin of a certificate's key; empty where it cannot be read.
[[nodiscard]] std::string pin_of(const x509_st& certificate);

}  // namespace longwire::net
