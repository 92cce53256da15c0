// What a client says of itself in its request: authorization, cookies, further fields.
#include "raw_server.hpp"

#include <gtest/gtest.h>
#include <longwire/longwire.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace longwire {
namespace {

struct Said {
    std::string user = {};
    std::string bearer = {};
    std::string cookies = {};
    std::vector<HeaderField> headers = {};
};

Task<> say(std::string url, const Said& said, std::string& outcome) {
    ConnectOptions options;
    options.user = said.user;
    options.bearer = said.bearer;
    options.cookies = said.cookies;
    options.headers = said.headers;
    const auto socket = co_await connect(url, options);
    outcome = socket ? "open" : socket.error().message();
}

std::string request_with(const Said& said, const std::string& before_host = "") {
    const RawServer server;
    std::string outcome;
    RunningClient client(
        [&] { return say("ws://" + before_host + server.host() + "/", said, outcome); });
    RawConnection connection = server.accept();
    const std::string request = connection.read_until("\r\n\r\n");
    connection.send(switching_to(request));
    connection.shut();
    client.wait();
    EXPECT_EQ(outcome, "open");
    return request;
}

std::string complaint_about(const Said& said) {
    std::string outcome;
    EXPECT_EQ(run(say("ws://127.0.0.1:1/", said, outcome)), 0);
    return outcome;
}

TEST(Authorization, OfTheUrl) {
    const std::string request = request_with({}, "user:p%40ss@");
    EXPECT_EQ(field_in(request, "Authorization"), "Basic dXNlcjpwQHNz");
    EXPECT_EQ(request.find('@'), std::string::npos) << request;
    EXPECT_EQ(field_in(request_with({}, "user@"), "Authorization"), "Basic dXNlcjo=");
    EXPECT_EQ(field_in(request_with({}), "Authorization"), "");
}

TEST(Authorization, OfTheOptionsComesBeforeTheUrls) {
    EXPECT_EQ(field_in(request_with({.user = "a:b:c"}, "user:pass@"), "Authorization"),
              "Basic YTpiOmM=");
    EXPECT_EQ(field_in(request_with({.bearer = "to.ken"}, "user:pass@"), "Authorization"),
              "Bearer to.ken");
    EXPECT_EQ(field_in(request_with({.headers = {{"authorization", "Digest x"}}}, "user:pass@"),
                       "authorization"),
              "Digest x");
}

TEST(Authorization, IsGivenOnce) {
    EXPECT_NE(complaint_about({.user = "a", .bearer = "b"}).find("carries one"), std::string::npos);
    EXPECT_NE(complaint_about({.bearer = "b", .headers = {{"Authorization", "x"}}}).find("twice"),
              std::string::npos);
    EXPECT_NE(complaint_about({.cookies = "a=1", .headers = {{"COOKIE", "x"}}}).find("twice"),
              std::string::npos);
}

TEST(Authorization, CannotSplitTheRequest) {
    EXPECT_NE(complaint_about({.bearer = "a\r\nX: y"}).find("control"), std::string::npos);
    EXPECT_NE(complaint_about({.cookies = "a=1\nX: y"}).find("control"), std::string::npos);
    // In Base64 anything can be said.
    EXPECT_EQ(field_in(request_with({.user = "a\r\n:b"}), "Authorization"), "Basic YQ0KOmI=");
}

TEST(Authorization, CookiesAndFieldsAreSentAsTheyAre) {
    const std::string request = request_with(
        {.cookies = "session=abc; theme=dark", .headers = {{"X-One", "1"}, {"X-Two", "2, 3"}}});
    EXPECT_EQ(field_in(request, "Cookie"), "session=abc; theme=dark");
    EXPECT_EQ(field_in(request, "X-One"), "1");
    EXPECT_EQ(field_in(request, "X-Two"), "2, 3");
}

}  // namespace
}  // namespace longwire
