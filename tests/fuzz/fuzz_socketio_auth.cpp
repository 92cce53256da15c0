// What a client of Socket.IO shows when it comes: `auth`, which is any JSON, and the query of its
// first request. A name on the first line, the rest behind it.
#include "fuzz_input.hpp"
#include "plain_json.hpp"
#include "plain_utf8.hpp"

#include "dialects/socketio/first_request.hpp"
#include "dialects/socketio/recovery_claim.hpp"
#include "http/percent.hpp"

namespace longwire::fuzz {
namespace {

using dialects::socketio::FirstRequest;
using longwire::socketio::Handshake;

void check_auth(const std::string& name, const std::string& auth) {
    Handshake handshake = FirstRequest::handshake(std::make_shared<FirstRequest>(), as_body(auth));
    if (!auth.empty())
        require(handshake.auth_text(name) == plain_json_text_at(auth, name),
                "a text of auth is what stands there");
    else
        require(!handshake.auth_text(name), "auth that is not there holds nothing");
    handshake.auth = auth;
    const auto text = handshake.auth_text(as_body(name));
    require(!text || is_plain_utf8(*text), "a text is UTF-8");

    const auto claim = dialects::socketio::read_recovery_claim(as_body(auth));
    require((claim ? std::optional(claim->key) : std::nullopt) == plain_json_text_at(auth, "pid"),
            "who claims to come back says who");
    require(!claim || claim->offset == plain_json_text_at(auth, "offset"), "and from where");
}

std::optional<std::string> plain_parameter(std::string_view query, std::string_view name) {
    std::string pair;
    for (const char letter : std::string(query) + "&") {
        if (letter != '&') {
            pair += letter;
            continue;
        }
        const std::size_t equals = std::min(pair.find('='), pair.size());
        if (!pair.empty() && http::form_decode(pair.substr(0, equals)) == name)
            return equals == pair.size() ? std::string()
                                         : http::form_decode(pair.substr(equals + 1));
        pair.clear();
    }
    return std::nullopt;
}

void check_query(const std::string& name, const std::string& query) {
    auto first = std::make_shared<FirstRequest>();
    first->query = query;
    const Handshake handshake = FirstRequest::handshake(first, {});
    if (!name.empty())
        require(handshake.parameter(name) == plain_parameter(query, name),
                "a parameter is what the query says");
    auto encoded = std::make_shared<FirstRequest>();
    encoded->query = "x=1&" + http::percent_encode(name) + "=" + http::percent_encode(query);
    if (name != "x")
        require(FirstRequest::handshake(encoded, {}).parameter(name) == query,
                "a parameter that was encoded is decoded");
}

void check(FuzzInput input) {
    const std::string text = input.rest();
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string name = text.substr(0, end);
    const std::string rest = text.substr(std::min(end + 1, text.size()));
    check_auth(name, rest);
    check_query(name, rest);
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check({data, size});
    return 0;
}
