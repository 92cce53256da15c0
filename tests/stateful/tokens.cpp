#include "tokens.hpp"

#include "access/json_web_token.hpp"
#include "access/signing_key.hpp"
#include "dialects/pusher/signature.hpp"
#include "finding.hpp"

namespace longwire::stateful {

namespace pusher = dialects::pusher;

const std::string& token_secret() {
    static const std::string secret(40, 'x');
    return secret;
}

Token token_for(std::string_view user, std::int64_t seconds) {
    static const auto key = access::SigningKey::secret(token_secret());
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto ends = now + std::chrono::seconds(seconds);
    const std::string claims = R"({"sub":")" + std::string(user) +
                               R"(","info":{"n":1},"channels":["*"],"publish":["*"],"exp":)" +
                               std::to_string(ends.time_since_epoch().count()) + "}";
    auto text = access::sign_token(claims, *key);
    if (!text) found("the test cannot sign a token: " + text.error().message());
    return {.text = std::move(*text), .ends = ends};
}

std::int64_t around_now(Chance& chance) {
    return static_cast<std::int64_t>(chance.between(0, 12)) - 8;
}

std::int64_t just_past(Chance& chance) {
    return -static_cast<std::int64_t>(chance.between(1, 7));
}

std::int64_t long_past(Chance& chance) {
    return -static_cast<std::int64_t>(chance.between(12, 15));
}

std::string pusher_auth(std::string_view key, std::string_view signed_text) {
    return std::string(key) + ':' + pusher::hmac_sha256(app_secret, signed_text);
}

std::string signed_target(std::string_view key, std::string_view method, std::string_view path,
                          std::string_view body) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    std::vector<std::pair<std::string, std::string>> query = {
        {"auth_key", std::string(key)},
        {"auth_timestamp", std::to_string(now.time_since_epoch().count())},
        {"auth_version", "1.0"}};
    if (!body.empty()) query.emplace_back("body_md5", pusher::md5(body));
    std::string target(path);
    char mark = '?';
    for (const auto& [name, value] : query) {
        target += mark + name + '=' + value;
        mark = '&';
    }
    const std::string text =
        pusher::request_text({.method = method, .path = path, .query = query, .body = body});
    return target + "&auth_signature=" + pusher::hmac_sha256(app_secret, text);
}

}  // namespace longwire::stateful
