#include "http/response_writer.hpp"

#include "transcript.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace longwire::http::testing {
namespace {

constexpr std::string_view now = "Sun, 06 Nov 1994 08:49:37 GMT";

TEST(ResponseWriter, writes_head_and_body) {
    EXPECT_EQ(write_response(Response::text(200, "hi"), {.date = now}),
              "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
              "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 3\r\n\r\nhi\n");
}

TEST(ResponseWriter, says_what_becomes_of_the_connection) {
    const Response response = {.status = 200};
    const std::string begin = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n";
    EXPECT_EQ(write_response(response, {.keep_alive = true}), begin + "\r\n");
    EXPECT_EQ(write_response(response, {.keep_alive = false}), begin + "Connection: close\r\n\r\n");
    EXPECT_EQ(write_response(response, {.keep_alive = true, .minor_version = 0}),
              begin + "Connection: keep-alive\r\n\r\n");
    EXPECT_EQ(write_response(response, {.keep_alive = false, .minor_version = 0}),
              begin + "Connection: close\r\n\r\n");
}

TEST(ResponseWriter, names_an_upgrade_in_connection) {
    const Response response = {.status = 426, .headers = {{"upgrade", "websocket"}}};
    EXPECT_EQ(write_response(response, {.keep_alive = false}),
              "HTTP/1.1 426 Upgrade Required\r\nupgrade: websocket\r\nContent-Length: 0\r\n"
              "Connection: Upgrade, close\r\n\r\n");
    EXPECT_NE(write_response(response, {}).find("Connection: Upgrade\r\n"), std::string::npos);
}

TEST(ResponseWriter, head_only_has_the_length_of_the_whole) {
    EXPECT_EQ(write_response({.status = 200, .body = "12345"}, {.head_only = true}),
              "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
}

TEST(ResponseWriter, some_statuses_have_no_body) {
    EXPECT_EQ(write_response({.status = 204, .body = "x"}, {}), "HTTP/1.1 204 No Content\r\n\r\n");
    EXPECT_EQ(write_response({.status = 304, .body = "x", .headers = {{"ETag", "\"a\""}}}, {}),
              "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n");
    EXPECT_TRUE(is_bodiless(100));
    EXPECT_TRUE(is_bodiless(199));
    EXPECT_FALSE(is_bodiless(200));
    EXPECT_FALSE(is_bodiless(205));
}

TEST(ResponseWriter, a_status_that_is_none_becomes_500) {
    for (const int status : {-1, 0, 99, 100, 101, 199, 600, 1000000})
        EXPECT_EQ(write_response({.status = status, .body = "x"}, {}).substr(0, 34),
                  "HTTP/1.1 500 Internal Server Error")
            << status;
    EXPECT_EQ(write_response({.status = 599}, {}), "HTTP/1.1 599 \r\nContent-Length: 0\r\n\r\n");
}

TEST(ResponseWriter, a_handler_cannot_change_the_framing) {
    const Response response = {.status = 200,
                               .body = "abc",
                               .headers = {{"content-length", "100"},
                                           {"Transfer-Encoding", "chunked"},
                                           {"CONNECTION", "keep-alive"},
                                           {"Date", "yesterday"}}};
    EXPECT_EQ(write_response(response, {.date = now}),
              "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
              "Content-Length: 3\r\n\r\nabc");
}

TEST(ResponseWriter, nothing_splits_a_response) {
    const std::vector<Field> fields = {
        {"X-A", "a\r\nSet-Cookie: stolen=1"},
        {"X-B", "b\nSet-Cookie: stolen=1"},
        {"X-C", "c\rSet-Cookie: stolen=1"},
        {"X-D", std::string("d\0", 2)},
        {"X-E", "e\x7F"},
        {"X-F", "f\x1B[2J"},
        {"Set-Cookie: stolen=1\r\nX-G", "g"},
        {"X H", "h"},
        {"X-I:", "i"},
        {"", "j"},
        {"X-Fine", "k\tl \xC3\xBC"},
        {"X-Empty", ""},
    };
    const std::string expected = "X-Fine: k\tl \xC3\xBC\r\nX-Empty: \r\n";
    EXPECT_EQ(write_response({.status = 200, .headers = fields}, {}),
              "HTTP/1.1 200 OK\r\n" + expected + "Content-Length: 0\r\n\r\n");
    EXPECT_EQ(write_switching_protocols(fields),
              "HTTP/1.1 101 Switching Protocols\r\n" + expected + "\r\n");
    EXPECT_EQ(write_request("GET", "/", fields), "GET / HTTP/1.1\r\n" + expected + "\r\n");
}

TEST(ResponseWriter, nothing_splits_a_request) {
    EXPECT_EQ(write_request("GET", "/a b\r\nX: y%20\xC3?q=|", {}),
              "GET /a%20b%0D%0AX:%20y%20%C3?q=%7C HTTP/1.1\r\n\r\n");
}

TEST(ResponseWriter, what_it_writes_can_be_read) {
    const std::string text =
        write_response(Response::json(404, "{\"a\":1}"), {.keep_alive = false, .date = now});
    EXPECT_EQ(
        response_in(text),
        "head 404 1.1\n  Date=Sun, 06 Nov 1994 08:49:37 GMT\n  Content-Type=application/json\n"
        "  Content-Length=7\n  Connection=close\n|complete|body=[{\"a\":1}]");
    const std::vector<Field> fields = {{"Host", "a"}, {"X", "y"}};
    EXPECT_EQ(requests_in(write_request("GET", "/p?q", fields)),
              "request GET /p?q path=/p query=q 1.1\n  Host=a\n  X=y\n  body=[] keep-alive\n");
}

}  // namespace
}  // namespace longwire::http::testing
