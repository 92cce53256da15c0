// A field's value is what came, and nothing that was made of it: an escape that is decoded here
// becomes a line break wherever the value is written again.
#include "transcript.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace longwire::http::testing {
namespace {

TEST(FieldValue, keeps_its_escapes) {
    for (const std::string_view value : {"a%0D%0ASet-Cookie:%20stolen=1", "%0d%0a%0d%0a", "%00",
                                         "%3B%2C%3D", "%zz", "a+b", "\\r\\n", "\"%0A\""}) {
        const std::string outcome = requests_in(
            "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: " + std::string(value) + "\r\n\r\n");
        EXPECT_NE(outcome.find("  X-Forwarded-For=" + std::string(value) + "\n"), std::string::npos)
            << outcome;
    }
}

TEST(FieldValue, of_a_response_keeps_its_escapes) {
    EXPECT_EQ(response_in("HTTP/1.1 204 No Content\r\nLocation: /a%0D%0AX: b\r\n\r\n"),
              "head 204 1.1\n  Location=/a%0D%0AX: b\n|complete|body=[]");
}

TEST(FieldValue, of_a_cookie_keeps_its_escapes) {
    RequestParser parser({});
    const std::string text =
        "GET / HTTP/1.1\r\nHost: a\r\nCookie: one=a%3B%20two=stolen; two=%0D%0A\r\n\r\n";
    ASSERT_EQ(parser.parse(bytes_of(text)).status, RequestParser::Status::request);
    const Request request = parser.take_request();
    EXPECT_EQ(request.cookie("one"), "a%3B%20two=stolen");
    EXPECT_EQ(request.cookie("two"), "%0D%0A");
}

}  // namespace
}  // namespace longwire::http::testing
