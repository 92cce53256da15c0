#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::dialects::pusher {

/// HMAC-SHA256 (RFC 2104) in hexadecimal digits.
[[nodiscard]] std::string hmac_sha256(std::string_view secret, std::string_view text);
/// In hexadecimal digits. (A checksum that the protocol asks for; nothing rests on it.)
[[nodiscard]] std::string md5(std::string_view bytes);
/// Whether both are the same, in a time that does not tell where they differ.
[[nodiscard]] bool same_secret(std::string_view one, std::string_view other) noexcept;

/// Whether `auth` is KEY:SIGNATURE for `text`.
[[nodiscard]] bool signed_by(std::string_view auth, std::string_view key, std::string_view secret,
                             std::string_view text);
/// What is signed for a channel that needs it.
[[nodiscard]] std::string channel_text(std::string_view socket_id, std::string_view channel,
                                       std::string_view channel_data);
/// What is signed for a user who signs in.
[[nodiscard]] std::string user_text(std::string_view socket_id, std::string_view user_data);

/// A request to the HTTP API.
struct SignedRequest {
    std::string_view method;
    std::string_view path;                                        // decoded
    std::vector<std::pair<std::string, std::string>> query = {};  // decoded, as it came
    std::string_view body = {};
};
/// What is signed of it.
[[nodiscard]] std::string request_text(const SignedRequest& request);
/// The error is a sentence for whoever sent it, who is refused with 401.
[[nodiscard]] std::expected<void, std::string> verify(const SignedRequest& request,
                                                      std::string_view key, std::string_view secret,
                                                      std::chrono::sys_seconds now);
inline constexpr std::chrono::seconds clocks_differ{600};

}  // namespace longwire::dialects::pusher
