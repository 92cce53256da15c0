#include "http/request_parser.hpp"

#include "transcript.hpp"

#include <gtest/gtest.h>

namespace longwire::http::testing {
namespace {

RequestParser::Parsed feed(RequestParser& parser, std::string_view text) {
    return parser.parse(bytes_of(text));
}

TEST(RequestParser, gives_all_parts_of_a_request) {
    EXPECT_EQ(requests_in("GET /a%2Fb%C3%BC?x=1%20&y HTTP/1.1\r\nHost: example.org:80\r\n"
                          "X-Space: \t one  two\t \r\nX-Empty:\r\n\r\n"),
              "request GET /a%2Fb%C3%BC?x=1%20&y path=/a/b\xC3\xBC query=x=1%20&y 1.1\n"
              "  Host=example.org:80\n  X-Space=one  two\n  X-Empty=\n  body=[] keep-alive\n");
}

TEST(RequestParser, takes_obs_text_in_a_value) {
    EXPECT_EQ(requests_in("GET / HTTP/1.1\r\nHost: a\r\nX: \xE4\r\n\r\n"),
              "request GET / path=/ query= 1.1\n  Host=a\n  X=\xE4\n  body=[] keep-alive\n");
}

TEST(RequestParser, parts_pipelined_requests) {
    RequestParser parser(Limits{});
    const std::string first = "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    const std::string both = first + "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
    const auto parsed = feed(parser, both);
    ASSERT_EQ(parsed.status, RequestParser::Status::request);
    EXPECT_EQ(parsed.consumed, first.size());
    EXPECT_EQ(parser.take_request().body(), "abc");
    const auto next = feed(parser, std::string_view(both).substr(parsed.consumed));
    ASSERT_EQ(next.status, RequestParser::Status::request);
    const Request second = parser.take_request();
    EXPECT_EQ(second.path(), "/2");
    EXPECT_EQ(second.body(), "");
    EXPECT_EQ(second.headers().size(), 1U);
}

TEST(RequestParser, leaves_what_follows_an_upgrade) {
    RequestParser parser(Limits{});
    const std::string head =
        "GET /chat HTTP/1.1\r\nHost: a\r\nconnection: keep-alive , UPGRADE\r\n"
        "upgrade: websocket\r\n\r\n";
    const auto parsed = feed(parser, head + "\x81\x80mask");
    ASSERT_EQ(parsed.status, RequestParser::Status::request);
    EXPECT_EQ(parsed.consumed, head.size());
    EXPECT_TRUE(parser.upgrade_requested());
}

TEST(RequestParser, an_upgrade_needs_both_fields_and_1_1) {
    const auto asks = [](std::string_view version, std::string_view fields) {
        RequestParser parser(Limits{});
        const std::string text =
            "GET / HTTP/" + std::string(version) + "\r\nHost: a\r\n" + std::string(fields) + "\r\n";
        EXPECT_EQ(feed(parser, text).status, RequestParser::Status::request) << text;
        return parser.upgrade_requested();
    };
    EXPECT_TRUE(asks("1.1", "Upgrade: websocket\r\nConnection: Upgrade\r\n"));
    EXPECT_TRUE(asks("1.1", "Upgrade: x\r\nConnection: close\r\nConnection: upgrade\r\n"));
    EXPECT_FALSE(asks("1.1", "Upgrade: websocket\r\n"));
    EXPECT_FALSE(asks("1.1", "Connection: Upgrade\r\n"));
    EXPECT_FALSE(asks("1.1", "Upgrade: websocket\r\nConnection: Upgraded\r\n"));
    EXPECT_FALSE(asks("1.0", "Upgrade: websocket\r\nConnection: Upgrade\r\n"));
}

TEST(RequestParser, an_upgrade_ends_behind_its_body) {
    EXPECT_EQ(requests_in("POST / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n"
                          "Content-Length: 2\r\n\r\nabREST"),
              "request POST / path=/ query= 1.1\n  Host=a\n  Upgrade=x\n  Connection=upgrade\n"
              "  Content-Length=2\n  body=[ab] keep-alive upgrade\nleft=[REST]");
}

TEST(RequestParser, keeps_the_connection_as_the_request_says) {
    const auto keeps = [](std::string_view version, std::string_view fields) {
        RequestParser parser(Limits{});
        const std::string text =
            "GET / HTTP/" + std::string(version) + "\r\nHost: a\r\n" + std::string(fields) + "\r\n";
        EXPECT_EQ(feed(parser, text).status, RequestParser::Status::request) << text;
        return parser.keep_alive();
    };
    EXPECT_TRUE(keeps("1.1", ""));
    EXPECT_FALSE(keeps("1.1", "Connection: Close\r\n"));
    EXPECT_FALSE(keeps("1.1", "Connection: keep-alive\r\nConnection: x, close\r\n"));
    EXPECT_FALSE(keeps("1.0", ""));
    EXPECT_TRUE(keeps("1.0", "Connection: Keep-Alive\r\n"));
    EXPECT_FALSE(keeps("1.0", "Connection: keep-alive, close\r\n"));
}

TEST(RequestParser, wants_continue_until_the_body_begins) {
    RequestParser parser(Limits{});
    ASSERT_EQ(
        feed(parser, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n")
            .status,
        RequestParser::Status::need_more);
    EXPECT_FALSE(parser.wants_continue());
    ASSERT_EQ(feed(parser, "\r\n").status, RequestParser::Status::need_more);
    EXPECT_TRUE(parser.wants_continue());
    ASSERT_EQ(feed(parser, "a").status, RequestParser::Status::need_more);
    EXPECT_FALSE(parser.wants_continue());
    ASSERT_EQ(feed(parser, "b").status, RequestParser::Status::request);
    EXPECT_FALSE(parser.wants_continue());
    ASSERT_EQ(feed(parser, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n").status,
              RequestParser::Status::need_more);
    EXPECT_FALSE(parser.wants_continue());
}

TEST(RequestParser, wants_continue_for_each_request_anew) {
    constexpr std::string_view head =
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
    RequestParser parser(Limits{});
    for (int count = 0; count < 2; ++count) {
        ASSERT_EQ(feed(parser, head).status, RequestParser::Status::need_more);
        EXPECT_TRUE(parser.wants_continue());
        ASSERT_EQ(feed(parser, "ab").status, RequestParser::Status::request);
    }
}

TEST(RequestParser, wants_no_continue_from_1_0_or_without_a_body) {
    RequestParser old(Limits{});
    ASSERT_EQ(
        feed(old, "PUT / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n").status,
        RequestParser::Status::need_more);
    EXPECT_FALSE(old.wants_continue());
    RequestParser bodiless(Limits{});
    EXPECT_EQ(feed(bodiless, "PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n").status,
              RequestParser::Status::request);
}

TEST(RequestParser, one_empty_line_may_come_before_each_request) {
    const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const std::string one = "request GET / path=/ query= 1.1\n  Host=a\n  body=[] keep-alive\n";
    EXPECT_EQ(requests_in("\r\n" + get + "\r\n" + get), one + one);
    EXPECT_EQ(requests_in("\r\n\r\n" + get), "refused 400 Line 1 of the head is empty.\n");
}

TEST(RequestParser, stays_failed) {
    RequestParser parser(Limits{});
    ASSERT_EQ(feed(parser, "nonsense\r\n").status, RequestParser::Status::failed);
    const auto parsed = feed(parser, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(parsed.status, RequestParser::Status::failed);
    EXPECT_EQ(parsed.consumed, 0U);
    EXPECT_EQ(parser.refusal().status, 400);
}

TEST(RequestParser, fails_at_the_first_line_that_is_wrong) {
    RequestParser parser(Limits{});
    EXPECT_EQ(feed(parser, "SSH-2.0-OpenSSH_9.2\r\n").status, RequestParser::Status::failed);
    RequestParser binary(Limits{});
    EXPECT_EQ(feed(binary, std::string_view("\0", 1)).status, RequestParser::Status::failed);
}

TEST(RequestParser, a_body_may_hold_any_byte) {
    const std::string all("\0\r\n\xFF\n", 5);
    RequestParser parser(Limits{});
    ASSERT_EQ(feed(parser, "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n" + all).status,
              RequestParser::Status::request);
    EXPECT_EQ(parser.take_request().body(), all);
}

TEST(RequestParser, a_websocket_is_asked_for_by_any_member_of_any_upgrade_field) {
    const auto asks = [](std::string_view fields) {
        RequestParser parser(Limits{});
        const std::string head = "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
        EXPECT_EQ(parser.parse(bytes_of(head)).status, RequestParser::Status::request) << fields;
        return parser.websocket_requested();
    };
    EXPECT_TRUE(asks("Upgrade: websocket\r\nConnection: upgrade\r\n"));
    EXPECT_TRUE(asks("Upgrade: h2c, WebSocket\r\nConnection: keep-alive, Upgrade\r\n"));
    EXPECT_TRUE(
        asks("Upgrade: h2c\r\nUpgrade: websocket\r\nConnection: x\r\nConnection: Upgrade\r\n"));
    EXPECT_FALSE(asks("Upgrade: websocket\r\n"));
    EXPECT_FALSE(asks("Upgrade: websocket\r\nConnection: close\r\n"));
    EXPECT_FALSE(asks("Upgrade: h2c\r\nConnection: upgrade\r\n"));
    EXPECT_FALSE(asks("Upgrade: websockets\r\nConnection: upgrade\r\n"));
    EXPECT_FALSE(asks("X-Upgrade: websocket\r\nConnection: upgrade\r\n"));
}

}  // namespace
}  // namespace longwire::http::testing
