#include <longwire/request.hpp>

#include "http/request_builder.hpp"
#include "transcript.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace longwire::http::testing {
namespace {

Request request_of(std::string_view target, std::string_view fields = "",
                   std::string_view body = "") {
    RequestParser parser(Limits{});
    const std::string text =
        "POST " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) +
        "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
    EXPECT_EQ(parser.parse(bytes_of(text)).status, RequestParser::Status::request) << text;
    return parser.take_request();
}

TEST(Request, query_gives_the_first_value_decoded) {
    const Request request = request_of("/?a=1&b=x+y%20z&a=2&c&=n&d==&%65=e&f=%zz%2&+=s&&g=%00");
    EXPECT_EQ(request.query("a"), "1");
    EXPECT_EQ(request.query("b"), "x y z");
    EXPECT_EQ(request.query("c"), "");
    EXPECT_EQ(request.query("d"), "=");
    EXPECT_EQ(request.query("e"), "e");
    EXPECT_EQ(request.query("f"), "%zz%2");
    EXPECT_EQ(request.query(" "), "s");
    EXPECT_EQ(request.query(""), "n");
    EXPECT_EQ(request.query("g"), std::string(1, '\0'));
    EXPECT_EQ(request.query("A"), std::nullopt);
    EXPECT_EQ(request.query("n"), std::nullopt);
    EXPECT_EQ(request_of("/").query("a"), std::nullopt);
    EXPECT_EQ(request_of("/?").query(""), std::nullopt);
    EXPECT_EQ(request_of("/?&&").query(""), std::nullopt);
}

TEST(Request, header_ignores_case_and_gives_the_first) {
    const Request request = request_of("/", "X-Name: one\r\nx-name: two\r\nX-Empty:\r\n");
    EXPECT_EQ(request.header("x-NAME"), "one");
    EXPECT_EQ(request.header("X-Empty"), "");
    EXPECT_EQ(request.header("X-Nam"), std::nullopt);
}

TEST(Request, cookie) {
    const Request request = request_of(
        "/", "Cookie: a=1; b=\"two\"; c=x=y;d=; name ; A=5;;e=\"\r\nCookie: f=6; a=7\r\n");
    EXPECT_EQ(request.cookie("a"), "1");
    EXPECT_EQ(request.cookie("b"), "two");
    EXPECT_EQ(request.cookie("c"), "x=y");
    EXPECT_EQ(request.cookie("d"), "");
    EXPECT_EQ(request.cookie("A"), "5");
    EXPECT_EQ(request.cookie("e"), "\"");
    EXPECT_EQ(request.cookie("f"), "6");
    EXPECT_EQ(request.cookie("name"), std::nullopt);
    EXPECT_EQ(request.cookie(""), std::nullopt);
    EXPECT_EQ(request_of("/").cookie("a"), std::nullopt);
}

TEST(Request, parameters_and_peer_are_filled_in) {
    Request request = request_of("/");
    EXPECT_EQ(request.parameter("room"), "");
    EXPECT_EQ(request.peer(), "");
    RequestBuilder::set_parameters(request, {{"room", "one"}, {"*", "rest/of it"}});
    RequestBuilder::set_peer(request, "[::1]:5");
    EXPECT_EQ(request.parameter("room"), "one");
    EXPECT_EQ(request.parameter("*"), "rest/of it");
    EXPECT_EQ(request.peer(), "[::1]:5");
}

TEST(Request, views_survive_a_move) {
    Request request = request_of("/p?q", "X: y\r\n", "body");
    RequestBuilder::set_peer(request, "unix");
    RequestBuilder::set_parameters(request, {{"n", "v"}});
    const std::string_view path = request.path();
    const std::string_view query = request.query();
    const std::string_view body = request.body();
    const std::string_view peer = request.peer();
    const std::string_view value = request.header("X").value_or("");
    const std::string_view parameter = request.parameter("n");
    const Request moved = std::move(request);
    for (const auto& [before, after] :
         {std::pair(path, moved.path()), std::pair(query, moved.query()),
          std::pair(body, moved.body()), std::pair(peer, moved.peer()),
          std::pair(value, moved.header("X").value_or("")),
          std::pair(parameter, moved.parameter("n"))}) {
        EXPECT_EQ(before.data(), after.data()) << after;
        EXPECT_FALSE(after.empty());
    }
}

TEST(Request, an_empty_one_can_be_asked) {
    const Request request;
    EXPECT_EQ(request.method(), "");
    EXPECT_EQ(request.path(), "");
    EXPECT_EQ(request.body(), "");
    EXPECT_EQ(request.query("a"), std::nullopt);
    EXPECT_EQ(request.cookie("a"), std::nullopt);
}

}  // namespace
}  // namespace longwire::http::testing
