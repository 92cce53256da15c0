// URLs as people write them.
#include "fuzz_input.hpp"

#include "http/percent.hpp"
#include "http/url.hpp"
#include "http/url_reference.hpp"

namespace longwire::fuzz {
namespace {

/// `url` written out again, with nothing left to defaults.
std::string written(const http::Url& url) {
    std::string text = url.scheme + "://";
    if (!url.user.empty() || !url.password.empty())
        text += http::percent_encode(url.user) + ":" + http::percent_encode(url.password) + "@";
    const std::size_t zone = url.host.find('%');
    if (zone == std::string::npos) return text + url.host_field() + url.target;
    return text + "[" + url.host.substr(0, zone) + "%25" + url.host.substr(zone + 1) +
           "]:" + std::to_string(url.port) + url.target;
}

std::string account(const http::Url& url) {
    return url.scheme + (url.secure ? " secure " : " plain ") + url.host + " " +
           std::to_string(url.port) + " " + url.target + " " + url.user + " " + url.password;
}

bool is_plain_letter(char letter) {
    return letter > ' ' && letter < '\x7F';
}

void check_parts(const http::Url& url) {
    require(url.secure == (url.scheme == "wss") && (url.secure || url.scheme == "ws"),
            "the scheme is ws or wss");
    require(!url.host.empty() && std::ranges::all_of(url.host, is_plain_letter),
            "the host can be written in a request");
    require(std::ranges::none_of(url.host.substr(0, url.host.find('%')),
                                 [](char letter) { return letter >= 'A' && letter <= 'Z'; }),
            "the host is in lower case");
    require(url.port != 0, "the port is one that can be reached");
    require(url.target.starts_with('/') && std::ranges::all_of(url.target, is_plain_letter),
            "the target can be written in a request");
}

/// A message goes to logs and terminals: one line, and no secrets.
void check_words(const std::string& words) {
    require(std::ranges::all_of(
                words,
                [](char letter) { return is_plain_letter(letter) || letter == ' ' || letter < 0; }),
            "what is said of a URL stands on one line");
}

void check_password_is_hidden(std::string_view front, std::string_view filling,
                              std::string_view rest) {
    constexpr std::string_view password = "hunter2";
    if (rest.find(password) != std::string_view::npos) return;
    const std::string text = std::string(front) + "user:" + std::string(filling) +
                             std::string(password) + "@" + std::string(rest);
    const auto url = http::parse_url(text);
    if (url) return;
    require(url.error().message().find(password) == std::string_view::npos,
            "a password is never shown");
}

/// `reference` as the Location of a redirect.
void check_reference(const std::string& reference) {
    const auto base = http::parse_url("wss://me:hunter2@server.example:8443/a/b?c");
    const auto url = http::resolve_reference(*base, reference);
    if (!url) return;
    check_parts(*url);
    require(http::same_origin(*base, *url) || url->password != "hunter2" ||
                reference.find("hunter2") != std::string::npos,
            "a password stays with the server that it is for");
    const auto again = http::resolve_reference(*base, url->target);
    if (http::same_origin(*base, *url) && !url->target.starts_with("//") &&
        url->target.find("/.") == std::string::npos)
        require(again && again->target == url->target, "a path leads where it says");
}

void check_url(FuzzInput input) {
    const std::size_t slashes = input.number(0, 4);
    const std::size_t filling = input.number(0, 300);
    const std::string text = input.rest();
    const auto url = http::parse_url(text);
    if (url) {
        check_parts(*url);
        const auto again = http::parse_url(written(*url));
        require(again.has_value(), "a URL that was read can be read again");
        require_same(account(*url), account(*again), "a URL written out is the same URL");
    } else {
        check_words(std::string(url.error().message()));
    }
    check_password_is_hidden("ws:" + std::string(slashes, '/'), std::string(filling, 'x'), text);

    check_reference(text);

    const auto decoded = http::percent_decode(http::percent_encode(text));
    require(decoded == text, "percent encoding can be undone");
    const std::string target = http::percent_encode_target(text);
    require(http::percent_encode_target(target) == target, "a target is encoded once");
    require(http::form_decode(http::percent_encode(text)) == text,
            "form decoding undoes percent encoding");
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check_url({data, size});
    return 0;
}
