#include "dialects/pusher/signature.hpp"

#include "http/lower_case.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <span>

namespace longwire::dialects::pusher {

namespace {

const unsigned char* bytes_of(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hexadecimal(std::span<const unsigned char> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * bytes.size());
    for (const unsigned char byte : bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    return text;
}

std::optional<std::string_view> parameter(const SignedRequest& request, std::string_view name) {
    for (const auto& [key, value] : request.query)
        if (http::in_lower_case(key) == name) return value;
    return std::nullopt;
}

bool is_recent(std::string_view timestamp, std::chrono::sys_seconds now) {
    std::int64_t seconds = 0;
    const auto [end, error] =
        std::from_chars(timestamp.data(), timestamp.data() + timestamp.size(), seconds);
    if (error != std::errc() || end != timestamp.data() + timestamp.size()) return false;
    const std::int64_t ours = now.time_since_epoch().count();
    return seconds >= ours - clocks_differ.count() && seconds <= ours + clocks_differ.count();
}

}  // namespace

std::string hmac_sha256(std::string_view secret, std::string_view text) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> made = {};
    unsigned size = 0;
    HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes_of(text), text.size(),
         made.data(), &size);
    return hexadecimal(std::span(made).first(size));
}

std::string md5(std::string_view bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> made = {};
    unsigned size = 0;
    EVP_Digest(bytes.data(), bytes.size(), made.data(), &size, EVP_md5(), nullptr);
    return hexadecimal(std::span(made).first(size));
}

bool same_secret(std::string_view one, std::string_view other) noexcept {
    return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

bool signed_by(std::string_view auth, std::string_view key, std::string_view secret,
               std::string_view text) {
    const std::size_t colon = auth.rfind(':');
    return colon != std::string_view::npos && auth.substr(0, colon) == key &&
           same_secret(auth.substr(colon + 1), hmac_sha256(secret, text));
}

std::string channel_text(std::string_view socket_id, std::string_view channel,
                         std::string_view channel_data) {
    std::string text(socket_id);
    text += ':';
    text += channel;
    if (channel_data.empty()) return text;
    text += ':';
    text += channel_data;
    return text;
}

std::string user_text(std::string_view socket_id, std::string_view user_data) {
    std::string text(socket_id);
    text += "::user::";
    text += user_data;
    return text;
}

std::string request_text(const SignedRequest& request) {
    std::vector<std::pair<std::string, std::string_view>> parameters;
    for (const auto& [key, value] : request.query)
        if (std::string name = http::in_lower_case(key); name != "auth_signature")
            parameters.emplace_back(std::move(name), value);
    std::ranges::stable_sort(parameters, {}, [](const auto& one) { return one.first; });
    std::string text(request.method);
    text += '\n';
    text += request.path;
    text += '\n';
    for (const auto& [name, value] : parameters) {
        if (&name != &parameters.front().first) text += '&';
        text += name;
        text += '=';
        text += value;
    }
    return text;
}

std::expected<void, std::string> verify(const SignedRequest& request, std::string_view key,
                                        std::string_view secret, std::chrono::sys_seconds now) {
    if (parameter(request, "auth_key") != key)
        return std::unexpected("auth_key is not the key of this app.");
    if (parameter(request, "auth_version") != "1.0")
        return std::unexpected("auth_version must be 1.0.");
    const std::string_view timestamp = parameter(request, "auth_timestamp").value_or("");
    if (!is_recent(timestamp, now))
        return std::unexpected(
            "auth_timestamp is not within 600 s of the server's time, which is " +
            std::to_string(now.time_since_epoch().count()) + ". Set both clocks.");
    const auto signature = parameter(request, "auth_signature");
    if (!signature || !same_secret(*signature, hmac_sha256(secret, request_text(request)))) {
        // (For whoever debugs their signing. It holds nothing that they did not send.)
        std::string text = request_text(request);
        std::ranges::replace(text, '\n', '|');
        return std::unexpected(
            "auth_signature is not the HMAC-SHA256, in hexadecimal digits, of this text (with line "
            "feeds for |) by the app's secret: " +
            text);
    }
    if (request.body.empty() && !parameter(request, "body_md5")) return {};
    if (!same_secret(parameter(request, "body_md5").value_or(""), md5(request.body)))
        return std::unexpected("body_md5 is not the MD5 of the body.");
    return {};
}

}  // namespace longwire::dialects::pusher
