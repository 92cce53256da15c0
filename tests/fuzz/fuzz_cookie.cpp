// Cookies: each line is the value of one Cookie field.
#include "fuzz_input.hpp"

#include "http/field_grammar.hpp"
#include "http/request_parser.hpp"

#include <optional>

namespace longwire::fuzz {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines(1);
    for (const char letter : text)
        if (letter == '\n')
            lines.emplace_back();
        else
            lines.back() += letter;
    return lines;
}

Request request_with(const std::vector<std::string>& cookies) {
    std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (const std::string& cookie : cookies)
        if (http::is_field_value(cookie)) text += "cookie:" + cookie + "\r\n";
    text += "\r\n";
    http::RequestParser parser(
        {.max_head_size = 1U << 16U, .max_fields = 5000, .max_body_size = 0});
    const auto parsed = parser.parse(bytes_of(text));
    require(parsed.status == http::RequestParser::Status::request,
            "a request with cookies is a request");
    return parser.take_request();
}

struct Cookie {
    std::string name;
    std::string value;
};

/// RFC 6265, section 5.4, letter by letter.
std::vector<Cookie> plain_cookies(const std::vector<std::string>& lines) {
    std::vector<Cookie> cookies;
    const auto stripped = [](std::string text) {
        while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.erase(0, 1);
        while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.pop_back();
        return text;
    };
    for (const std::string& line : lines) {
        if (!http::is_field_value(line)) continue;
        Cookie cookie;
        bool in_value = false;
        for (const char letter : line + ";") {
            if (letter == ';') {
                std::string value = stripped(cookie.value);
                if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
                    value = value.substr(1, value.size() - 2);
                if (in_value) cookies.push_back({stripped(cookie.name), value});
                cookie = {};
                in_value = false;
            } else if (letter == '=' && !in_value) {
                in_value = true;
            } else {
                (in_value ? cookie.value : cookie.name) += letter;
            }
        }
    }
    return cookies;
}

void check(FuzzInput input) {
    const std::vector<std::string> lines = lines_of(input.rest());
    const Request request = request_with(lines);
    const std::vector<Cookie> cookies = plain_cookies(lines);
    for (const Cookie& cookie : cookies) {
        const auto first = std::ranges::find(cookies, cookie.name, &Cookie::name);
        require(request.cookie(cookie.name) == first->value, "the first of a name is its value");
    }
    const auto named = [&](std::string_view name) {
        return std::ranges::find(cookies, name, &Cookie::name) != cookies.end();
    };
    require(request.cookie("session").has_value() == named("session"), "no cookie is made up");
    if (named("session")) return;
    for (const std::string& line : lines) {
        if (!http::is_field_value(line)) continue;
        for (const std::string& all : {line + "; session=mine", "session=mine;" + line})
            require(request_with({all}).cookie("session") == "mine",
                    "no cookie hides another that stands beside it");
    }
}

}  // namespace
}  // namespace longwire::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    longwire::fuzz::check({data, size});
    return 0;
}
