#include "access/claims.hpp"

#include "access/channel_rule.hpp"
#include "access/json_parser.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace longwire::access {

namespace {

using std::chrono::sys_seconds;
using std::chrono::system_clock;

constexpr std::size_t longest_user = 128;
constexpr std::size_t largest_info = 1024;
constexpr std::size_t most_patterns = 256;
// What is to last longer lasts until then: the system's clock, which counts nanoseconds, cannot say
// a time after the year 2262, and others add to this one.
constexpr sys_seconds latest_kept = std::chrono::sys_days(std::chrono::year(2200) / 1 / 1);

Failure wrong(std::string sentence) {
    return failure(ErrorCode::invalid_argument, std::move(sentence));
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view channel) noexcept {
    return std::ranges::any_of(
        patterns, [&](const std::string& pattern) { return matches(pattern, channel); });
}

/// Nothing where the claim is not there. (RFC 7519, section 2, NumericDate.)
Result<std::optional<sys_seconds>> read_time(const simdjson::dom::object& claims,
                                             std::string_view name) {
    simdjson::dom::element element;
    if (claims[name].get(element) != simdjson::SUCCESS) return std::nullopt;
    double seconds = 0;
    // Up to the year 9999.
    constexpr double latest = 253402300799;
    if (element.get(seconds) != simdjson::SUCCESS || !(seconds >= 0) || seconds > latest)
        return wrong("The token's \"" + std::string(name) +
                     "\" is not a time in seconds since 1970.");
    return std::min(sys_seconds(std::chrono::seconds(static_cast<std::int64_t>(seconds))),
                    latest_kept);
}

Result<std::vector<std::string>> read_patterns(const simdjson::dom::object& claims,
                                               std::string_view name) {
    std::vector<std::string> patterns;
    simdjson::dom::element element;
    if (claims[name].get(element) != simdjson::SUCCESS) return patterns;
    simdjson::dom::array array;
    if (element.get(array) != simdjson::SUCCESS || array.size() > most_patterns)
        return wrong("The token's \"" + std::string(name) +
                     "\" is not a list of at most 256 patterns of channels.");
    for (const simdjson::dom::element& one : array) {
        std::string_view pattern;
        if (one.get(pattern) != simdjson::SUCCESS)
            return wrong("The token's \"" + std::string(name) +
                         "\" contains something that is not a text.");
        patterns.emplace_back(pattern);
    }
    return patterns;
}

bool is_for(const simdjson::dom::object& claims, const std::string& audience) {
    simdjson::dom::element element;
    if (claims["aud"].get(element) != simdjson::SUCCESS) return false;
    std::string_view one;
    if (element.get(one) == simdjson::SUCCESS) return one == audience;
    simdjson::dom::array all;
    if (element.get(all) != simdjson::SUCCESS) return false;
    return std::ranges::any_of(all, [&](const simdjson::dom::element& each) {
        std::string_view text;
        return each.get(text) == simdjson::SUCCESS && text == audience;
    });
}

Result<void> judge(const simdjson::dom::object& json, const Claims& claims,
                   const ClaimsDemands& demands, system_clock::time_point now) {
    if (claims.expires && now - demands.leeway >= *claims.expires) {
        const auto since = std::chrono::duration_cast<std::chrono::seconds>(now - *claims.expires);
        return wrong("The token expired " + std::to_string(since.count()) +
                     " seconds ago. Get a new one.");
    }
    const auto not_before = read_time(json, "nbf");
    if (!not_before) return Failure(not_before.error());
    const std::optional<sys_seconds> begins = *not_before;
    if (begins && now + demands.leeway < *begins)
        return wrong("The token is not valid yet: its \"nbf\" is in the future.");
    if (!demands.audience.empty() && !is_for(json, demands.audience))
        return wrong("The token is for another audience (\"aud\").");
    std::string_view issuer;
    if (!demands.issuer.empty() &&
        (json["iss"].get(issuer) != simdjson::SUCCESS || issuer != demands.issuer))
        return wrong("The token is from another issuer (\"iss\").");
    return {};
}

}  // namespace

bool Claims::may_subscribe(std::string_view channel) const noexcept {
    return any_matches(channels, channel);
}

bool Claims::may_publish(std::string_view channel) const noexcept {
    return any_matches(publish, channel);
}

Result<Claims> read_claims(std::string_view json, const ClaimsDemands& demands,
                           system_clock::time_point now) {
    simdjson::dom::parser parser;
    simdjson::dom::object object;
    if (parse_json(parser, json).get(object) != simdjson::SUCCESS)
        return wrong("The token does not contain a JSON object.");
    // (RFC 7519, section 4.)
    if (names_repeat(object)) return wrong("The token contains a claim twice.");
    Claims claims;
    claims.json = simdjson::minify(object);
    simdjson::dom::element element;
    if (object["sub"].get(element) == simdjson::SUCCESS) {
        std::string_view user;
        if (element.get(user) != simdjson::SUCCESS || user.size() > longest_user)
            return wrong("The token's \"sub\" is not a text of at most 128 bytes.");
        claims.user = user;
    }
    if (object["info"].get(element) == simdjson::SUCCESS) {
        claims.info = simdjson::minify(element);
        if (claims.info.size() > largest_info)
            return wrong("The token's \"info\" is longer than 1,024 bytes.");
    }
    const auto expires = read_time(object, "exp");
    if (!expires) return Failure(expires.error());
    claims.expires = *expires;
    auto channels = read_patterns(object, "channels");
    if (!channels) return Failure(std::move(channels.error()));
    claims.channels = std::move(*channels);
    auto publish = read_patterns(object, "publish");
    if (!publish) return Failure(std::move(publish.error()));
    claims.publish = std::move(*publish);
    if (auto judged = judge(object, claims, demands, now); !judged)
        return Failure(std::move(judged.error()));
    return claims;
}

}  // namespace longwire::access
