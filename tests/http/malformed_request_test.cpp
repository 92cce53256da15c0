#include "transcript.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace longwire::http::testing {
namespace {

struct Malformed {
    std::string text;
    int status;
    std::string_view words;  // which the body must hold
};

std::string with_field(std::string_view lines) {
    return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n\r\n";
}

std::string with_line(std::string_view line) {
    return std::string(line) + "\r\nHost: a\r\n\r\n";
}

void expect_refusals(const std::vector<Malformed>& table) {
    for (const auto& [text, status, words] : table) {
        const std::string outcome = requests_in(text);
        EXPECT_TRUE(outcome.starts_with("refused " + std::to_string(status) + " "))
            << text << "\ngave: " << outcome;
        EXPECT_NE(outcome.find(words), std::string::npos) << text << "\ngave: " << outcome;
        EXPECT_EQ(outcome.find('\n'), outcome.size() - 1) << "not one line: " << outcome;
        EXPECT_EQ(outcome[outcome.size() - 2], '.') << outcome;
    }
}

TEST(MalformedRequest, first_line) {
    expect_refusals({
        {with_line("GET"), 400, "METHOD TARGET HTTP/1.1"},
        {with_line("GET /"), 400, "METHOD TARGET HTTP/1.1"},
        {with_line(" GET / HTTP/1.1"), 400, "begin with a method"},
        {with_line("G@T / HTTP/1.1"), 400, "begin with a method"},
        {with_line("GET  / HTTP/1.1"), 400, "parted by one space"},
        {with_line("GET /a b HTTP/1.1"), 400, "more than two spaces"},
        {with_line("GET / HTTP/1.1 "), 400, "more than two spaces"},
        {with_line("GET /\ta HTTP/1.1"), 400, "tab"},
        {with_line("GET\t/ HTTP/1.1"), 400, "begin with a method"},
        {with_line("GET /\xC3\xBC HTTP/1.1"), 400, "outside of ASCII"},
        {with_line("GET /\x01 HTTP/1.1"), 400, "Line 1 of the head holds a control character"},
        {with_line("GET / HTTP/1.1\r"), 400, "Line 1 of the head has a CR"},
        {with_line("GET / HTTQ/1.1"), 400, "does not end in HTTP/1.1"},
        {with_line("GET / http/1.1"), 400, "does not end in HTTP/1.1"},
        {with_line("GET / HTTP/"), 400, "does not end in HTTP/1.1"},
        {with_line("GET / HTTP/1.2"), 505, "HTTP/1.1"},
        {with_line("GET / HTTP/0.9"), 505, "HTTP/1.1"},
        {with_line("GET / HTTP/11"), 505, "HTTP/1.1"},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "HTTP/1.1"},
        {with_line("get / HTTP/1.1"), 501, "method"},
        {with_line("BREW / HTTP/1.1"), 501, "method"},
        {with_line("DESCRIBE / HTTP/1.1"), 501, "method"},
        {with_line("PRI / HTTP/1.1"), 501, "method"},
        {"GET / HTTP/1.1\nHost: a\n\n", 400, "Line 1 of the head ends in LF alone"},
        {"\nGET / HTTP/1.1\r\n", 400, "Line 1 of the head ends in LF alone"},
        {"\rGET / HTTP/1.1\r\n", 400, "CR that no LF follows"},
        {"\x16\x03\x01\x02\x01\x01", 400, "This port speaks plain HTTP"},
        {"\x16\x04", 400, "control character"},
    });
}

TEST(MalformedRequest, target) {
    expect_refusals({
        {with_line("GET * HTTP/1.1"), 400, "neither a path"},
        {with_line("GET a HTTP/1.1"), 400, "not a valid path"},
        {with_line("GET a:80 HTTP/1.1"), 400, "target"},
        {with_line("CONNECT a:80 HTTP/1.1"), 400, "proxy"},
        {with_line("GET ftp://a/ HTTP/1.1"), 400, "neither a path"},
        {with_line("GET http:///x HTTP/1.1"), 400, "target"},
        {with_line("GET http://u@a/ HTTP/1.1"), 400, "name and password"},
        {with_line("GET http://a\"b/ HTTP/1.1"), 400, "target"},
        {with_line("GET /#x HTTP/1.1"), 400, "fragment"},
        {with_line("GET /% HTTP/1.1"), 400, "two hex digits"},
        {with_line("GET /%4 HTTP/1.1"), 400, "two hex digits"},
        {with_line("GET /%zz HTTP/1.1"), 400, "two hex digits"},
        {with_line("GET /a%00b HTTP/1.1"), 400, "%00"},
    });
}

TEST(MalformedRequest, fields) {
    expect_refusals({
        {with_field("X"), 400, "Line 3 of the head has no colon"},
        {with_field(": x"), 400, "has no name"},
        {with_field("X : y"), 400, "white space before the colon"},
        {with_field("X\t: y"), 400, "white space before the colon"},
        {with_field("X y: z"), 400, "white space before the colon"},
        {with_field("X(y): z"), 400, "not a token"},
        {with_field("X\xC3: z"), 400, "not a token"},
        {with_field(std::string_view("X\0: z", 5)), 400, "not a token"},
        {with_field(std::string_view("X: a\0b", 6)), 400, "control character"},
        {with_field("X: a\x01"), 400, "control character"},
        {with_field("X: a\x7F"), 400, "control character"},
        {with_field("X: a\x1B[31m"), 400, "control character"},
        {with_field("X: a\rb"), 400, "CR that no LF follows"},
        {with_field("X: a\nY: b"), 400, "Line 3 of the head ends in LF alone"},
        {with_field("X: a\r\n b"), 400, "Line 4 of the head begins with white space"},
        {with_field("X: a\r\n\tb"), 400, "folded"},
        {"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "Line 2 of the head begins with white space"},
        {"GET / HTTP/1.1\r\nHost: a\r\n\n", 400, "ends in LF alone"},
        {"GET / HTTP/1.1\r\nHost: a\r\n\rX", 400, "CR that no LF follows"},
    });
}

TEST(MalformedRequest, host) {
    expect_refusals({
        {"GET / HTTP/1.1\r\n\r\n", 400, "no Host"},
        {"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400, "more than one Host"},
        {"GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", 400, "more than one Host"},
        {"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "HOST:PORT"},
        {"GET / HTTP/1.1\r\nHost: http://a/\r\n\r\n", 400, "HOST:PORT"},
        {"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400, "HOST:PORT"},
        {"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, "HOST:PORT"},
    });
}

TEST(MalformedRequest, expectation) {
    expect_refusals({{with_field("Expect: the best"), 417, "100-continue"}});
}

TEST(MalformedRequest, a_refusal_repeats_nothing_that_came) {
    const std::string outcome = requests_in("GET /<script> <script> HTTP/1.1\r\n");
    EXPECT_TRUE(outcome.starts_with("refused 400"));
    EXPECT_EQ(outcome.find('<'), std::string::npos);
}

}  // namespace
}  // namespace longwire::http::testing
