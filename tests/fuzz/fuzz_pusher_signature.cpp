// Requests to the HTTP API of the pusher dialect: a path on the first line, a query on the second,
// and the body. They are signed here, and sent in other ways than they were signed.
#include "fuzz_input.hpp"

#include "dialects/pusher/query_parameters.hpp"
#include "dialects/pusher/signature.hpp"
#include "http/lower_case.hpp"
#include "http/percent.hpp"

namespace longwire::fuzz {
namespace {

using namespace dialects::pusher;
using Parameters = std::vector<std::pair<std::string, std::string>>;

constexpr std::string_view key = "key";
constexpr std::string_view secret = "what the fuzzer does not sign with by itself";
constexpr std::chrono::sys_seconds now{std::chrono::seconds(1'700'000'000)};

/// Takes off what stands before the next line feed.
std::string take_line(std::string& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string line = text.substr(0, end);
    text.erase(0, end + 1);
    return line;
}

Parameters plain_parameters(std::string_view query) {
    Parameters parameters;
    std::string pair;
    for (const char letter : std::string(query) + "&") {
        if (letter != '&') {
            pair += letter;
            continue;
        }
        const std::size_t equals = std::min(pair.find('='), pair.size());
        if (!pair.empty() && parameters.size() < most_parameters)
            parameters.emplace_back(
                http::form_decode(pair.substr(0, equals)),
                http::form_decode(pair.substr(std::min(equals + 1, pair.size()))));
        pair.clear();
    }
    return parameters;
}

bool is_ours(std::string_view name) {
    const std::string lower = http::in_lower_case(name);
    return lower.starts_with("auth_") || lower == "body_md5";
}

void check_refused(const SignedRequest& request, const char* why) {
    const auto verified = verify(request, key, secret, now);
    require(!verified, why);
    require(verified.error().find(secret) == std::string::npos, "a secret is never shown");
    require(verified.error().find(hmac_sha256(secret, request_text(request))) == std::string::npos,
            "nobody is told the signature that they should have had");
}

void check_signed(SignedRequest request, std::size_t place) {
    request.query.insert(request.query.begin(),
                         {{"auth_key", std::string(key)},
                          {"auth_timestamp", std::to_string(now.time_since_epoch().count())},
                          {"auth_version", "1.0"}});
    if (!request.body.empty()) request.query.emplace_back("body_md5", md5(request.body));
    check_refused(request, "what is not signed is refused");
    const std::string signature = hmac_sha256(secret, request_text(request));
    request.query.emplace_back("auth_signature", signature);
    require(verify(request, key, secret, now).has_value(), "what is signed is let in");
    require(!verify(request, "other", secret, now), "the key of another app is none");
    require(!verify(request, key, "other", now), "the secret of another app is none");
    for (const auto difference : {clocks_differ, -clocks_differ})
        require(verify(request, key, secret, now + difference).has_value(), "clocks may differ");
    for (const auto difference : {clocks_differ, -clocks_differ})
        require(!verify(request, key, secret, now + difference + difference / 600),
                "what was signed long ago is refused");

    SignedRequest turned = request;
    std::ranges::stable_sort(turned.query, std::ranges::greater(), [](const auto& parameter) {
        return http::in_lower_case(parameter.first);
    });
    require(verify(turned, key, secret, now).has_value(), "the order of other names is free");
    SignedRequest other = request;
    other.method = "PUT";
    check_refused(other, "another method is another request");
    const std::string path = std::string(request.path) + "x";
    other = request;
    other.path = path;
    check_refused(other, "another path is another request");
    const std::string body = std::string(request.body) + "x";
    other = request;
    other.body = body;
    check_refused(other, "another body is another request");
    other = request;
    other.query[place % other.query.size()].second += "x";
    check_refused(other, "another value is another request");
    other = request;
    other.query.emplace_back("socket_id", "1.1");
    check_refused(other, "a parameter more is another request");
}

/// `text` as what a client shows for a channel.
void check_channel(const std::string& text, const std::string& name) {
    require(!signed_by(as_body(text), key, secret, name), "a signature that nobody made is none");
    const std::string signed_text = channel_text("1.1", name, text);
    const std::string auth = std::string(key) + ":" + hmac_sha256(secret, signed_text);
    require(signed_by(auth, key, secret, signed_text), "a signature is one");
    require(!signed_by(auth, key, secret, signed_text + "x") &&
                !signed_by(auth + "x", key, secret, signed_text) &&
                !signed_by(auth, "other", secret, signed_text),
            "for what was signed, and by whom");
    require(name.starts_with(":user:") || user_text("1.1", text) != channel_text("1.1", name, text),
            "who may be on a channel has not signed in by that");
}

void check(FuzzInput input) {
    const std::size_t place = input.number(0, 200);
    std::string text = input.rest();
    if (text.find(secret) != std::string::npos) return;  // (the fuzzer sees what is compared)
    const std::string path = "/" + take_line(text);
    const std::string query = take_line(text);
    Parameters parameters = read_parameters(as_body(query));
    require(parameters == plain_parameters(query), "a query is read pair by pair");

    const SignedRequest shown = {
        .method = "POST", .path = path, .query = parameters, .body = as_body(text)};
    check_refused(shown, "what nobody has signed is refused");
    std::erase_if(parameters, [](const auto& parameter) { return is_ours(parameter.first); });
    check_signed({.method = "POST", .path = path, .query = parameters, .body = as_body(text)},
                 place);
    check_channel(text, query);
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check({data, size});
    return 0;
}
