#include "engine/http/router.hpp"

#include <gtest/gtest.h>

#include <string>

namespace longwire::engine {
namespace {

class Routing : public testing::Test {
protected:
    void add(std::string_view pattern, const std::string& method = "GET") {
        const std::string name(pattern);
        router.add(pattern, method).http = [name](const Request&) {
            return Response{.body = name};
        };
    }

    [[nodiscard]] std::string found(std::string_view path, std::string_view method = "GET") const {
        const Router::Match match = router.find(method, path);
        return match.http == nullptr ? "" : match.http->http(Request()).body;
    }

    Router router;
};

TEST_F(Routing, ExactPathsMatchThemselvesOnly) {
    add("/echo");
    EXPECT_EQ(found("/echo"), "/echo");
    EXPECT_EQ(found("/echo/"), "");
    EXPECT_EQ(found("/ech"), "");
    EXPECT_EQ(found("/echo/more"), "");
    EXPECT_EQ(found("/ECHO"), "");
}

TEST_F(Routing, ParametersMatchOneSegment) {
    add("/rooms/:room/users/:user");
    const auto match = router.find("GET", "/rooms/7/users/ada");
    ASSERT_NE(match.http, nullptr);
    EXPECT_EQ(match.http_parameters, (Parameters{{"room", "7"}, {"user", "ada"}}));
    EXPECT_EQ(found("/rooms//users/ada"), "");
    EXPECT_EQ(found("/rooms/7/users"), "");
    EXPECT_EQ(found("/rooms/7/8/users/ada"), "");
}

TEST_F(Routing, AStarMatchesTheRest) {
    add("/files/*");
    const auto match = router.find("GET", "/files/a/b.txt");
    ASSERT_NE(match.http, nullptr);
    EXPECT_EQ(match.http_parameters, (Parameters{{"*", "a/b.txt"}}));
    EXPECT_EQ(found("/files/"), "/files/*");
    EXPECT_EQ(found("/filesystem"), "");
}

TEST_F(Routing, TheMoreExactRouteWins) {
    add("/*");
    add("/rooms/:room");
    add("/rooms/lobby");
    EXPECT_EQ(found("/rooms/lobby"), "/rooms/lobby");
    EXPECT_EQ(found("/rooms/7"), "/rooms/:room");
    EXPECT_EQ(found("/else"), "/*");
    EXPECT_EQ(found("/"), "/*");
}

TEST_F(Routing, MethodsAreToldApart) {
    add("/x", "GET");
    add("/x", "POST");
    EXPECT_NE(found("/x", "HEAD"), "");
    const auto match = router.find("DELETE", "/x");
    EXPECT_EQ(match.http, nullptr);
    EXPECT_EQ(match.allowed, "GET, HEAD, POST");
}

TEST_F(Routing, AWebSocketRouteStandsBesideAnHttpRoute) {
    add("/both");
    router.add("/both", "GET").websocket = std::make_unique<WebSocketRoute>();
    const auto match = router.find("GET", "/both");
    EXPECT_NE(match.http, nullptr);
    EXPECT_NE(match.websocket, nullptr);
}

}  // namespace
}  // namespace longwire::engine
