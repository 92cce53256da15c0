#include <longwire/response.hpp>

#include <gtest/gtest.h>

namespace longwire {
namespace {

TEST(Response, text_is_one_line) {
    const Response response = Response::text(404, "There is nothing here.");
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.body, "There is nothing here.\n");
    ASSERT_EQ(response.headers.size(), 1U);
    EXPECT_EQ(response.headers[0].first, "Content-Type");
    EXPECT_EQ(response.headers[0].second, "text/plain; charset=utf-8");
    EXPECT_EQ(Response::text(200, "a\n").body, "a\n");
}

TEST(Response, json) {
    const Response response = Response::json(201, "{}");
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.body, "{}");
    EXPECT_EQ(response.headers.at(0).second, "application/json");
}

TEST(Response, with_appends_a_field) {
    const Response response = Response::text(200, "").with("A", "1").with("A", "2");
    ASSERT_EQ(response.headers.size(), 3U);
    EXPECT_EQ(response.headers[2].second, "2");
}

TEST(Response, reason_phrases) {
    EXPECT_EQ(reason_phrase(101), "Switching Protocols");
    EXPECT_EQ(reason_phrase(200), "OK");
    EXPECT_EQ(reason_phrase(404), "Not Found");
    EXPECT_EQ(reason_phrase(413), "Content Too Large");
    EXPECT_EQ(reason_phrase(426), "Upgrade Required");
    EXPECT_EQ(reason_phrase(511), "Network Authentication Required");
    for (const int unknown : {-1, 0, 99, 299, 418, 499, 512, 599, 1000})
        EXPECT_EQ(reason_phrase(unknown), "") << unknown;
}

}  // namespace
}  // namespace longwire
