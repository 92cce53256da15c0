#include "http/request_target.hpp"

#include "transcript.hpp"

#include <gtest/gtest.h>

namespace longwire::http::testing {
namespace {

TEST(RequestTarget, origin_form) {
    const auto target = parse_request_target("GET", "/a%20b/%2e%2e?c=%20?d");
    ASSERT_TRUE(target.has_value());
    EXPECT_EQ(target->path(), "/a b/..");
    EXPECT_EQ(target->query, "c=%20?d");
    EXPECT_EQ(target->path_and_query, "/a%20b/%2e%2e?c=%20?d");
    EXPECT_EQ(target->authority, "");
}

TEST(RequestTarget, an_escape_in_the_query_is_not_judged) {
    const auto target = parse_request_target("GET", "/?%zz%00");
    ASSERT_TRUE(target.has_value());
    EXPECT_EQ(target->query, "%zz%00");
}

TEST(RequestTarget, the_host_of_the_absolute_form_counts) {
    // RFC 9112, section 3.2.2.
    EXPECT_EQ(requests_in("GET http://b:81/x HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n"),
              "request GET /x path=/x query= 1.1\n  Host=b:81\n  X=y\n  body=[] keep-alive\n");
    EXPECT_EQ(
        requests_in("GET http://long.example?x=1 HTTP/1.1\r\nHost: a\r\n\r\n"),
        "request GET /?x=1 path=/ query=x=1 1.1\n  Host=long.example\n  body=[] keep-alive\n");
    EXPECT_EQ(requests_in("GET http://b HTTP/1.0\r\nX: y\r\n\r\n"),
              "request GET / path=/ query= 1.0\n  X=y\n  Host=b\n  body=[]\n");
    EXPECT_TRUE(requests_in("GET http://b/ HTTP/1.1\r\n\r\n").starts_with("refused 400"));
    EXPECT_TRUE(requests_in("GET http://b/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
                    .starts_with("refused 400"));
}

TEST(RequestTarget, absolute_form) {
    const auto target = parse_request_target("GET", "WSS://Example.org:8000/a?b");
    ASSERT_TRUE(target.has_value());
    EXPECT_EQ(target->authority, "Example.org:8000");
    EXPECT_EQ(target->path(), "/a");
    EXPECT_EQ(target->query, "b");
}

TEST(RequestTarget, a_request_never_lacks_the_path) {
    EXPECT_TRUE(requests_in("GET http://a?b HTTP/1.1\r\nHost: a\r\n\r\n")
                    .starts_with("request GET /?b path=/ query=b "));
    EXPECT_TRUE(requests_in("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n")
                    .starts_with("request GET / path=/ query= "));
    EXPECT_TRUE(requests_in("GET http://a/x?b HTTP/1.1\r\nHost: a\r\n\r\n")
                    .starts_with("request GET /x?b path=/x query=b "));
}

TEST(RequestTarget, asterisk_form_is_for_options) {
    EXPECT_TRUE(requests_in("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")
                    .starts_with("request OPTIONS * path=/ query= "));
    EXPECT_FALSE(parse_request_target("GET", "*").has_value());
}

}  // namespace
}  // namespace longwire::http::testing
