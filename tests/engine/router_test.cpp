#include "engine/http/router.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

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
    EXPECT_EQ(match.http_parameters(), (Parameters{{"room", "7"}, {"user", "ada"}}));
    EXPECT_EQ(found("/rooms//users/ada"), "");
    EXPECT_EQ(found("/rooms/7/users"), "");
    EXPECT_EQ(found("/rooms/7/8/users/ada"), "");
}

TEST_F(Routing, AStarMatchesTheRest) {
    add("/files/*");
    const auto match = router.find("GET", "/files/a/b.txt");
    ASSERT_NE(match.http, nullptr);
    EXPECT_EQ(match.http_parameters(), (Parameters{{"*", "a/b.txt"}}));
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

TEST_F(Routing, WhereAnExactSegmentLeadsNowhereAParameterIsTried) {
    add("/rooms/lobby/doors");
    add("/rooms/:room/windows");
    add("/:any/lobby/roof");
    add("/rooms/*");
    EXPECT_EQ(found("/rooms/lobby/doors"), "/rooms/lobby/doors");
    EXPECT_EQ(found("/rooms/lobby/windows"), "/rooms/:room/windows");
    EXPECT_EQ(found("/rooms/lobby/roof"), "/rooms/*");
    EXPECT_EQ(found("/halls/lobby/roof"), "/:any/lobby/roof");
    EXPECT_EQ(found("/rooms"), "/rooms/*");
    EXPECT_EQ(found("/halls"), "");
}

TEST_F(Routing, AmongEqualsTheOneThatWasAddedFirstWins) {
    add("/:first/x");
    add("/:second/x");
    const auto match = router.find("GET", "/a/x");
    EXPECT_EQ(match.http_parameters(), (Parameters{{"first", "a"}}));
}

TEST_F(Routing, OtherMethodsAreNamedWithTheirParameters) {
    add("/rooms/:room", "PUT");
    add("/rooms/:name", "DELETE");
    add("/rooms/lobby", "PUT");
    const auto match = router.find("GET", "/rooms/lobby");
    EXPECT_EQ(match.http, nullptr);
    EXPECT_EQ(match.allowed, "PUT, DELETE");
    EXPECT_EQ(match.http_parameters(), (Parameters{{"name", "lobby"}}));
    EXPECT_EQ(router.find("GET", "/else").allowed, "");
}

/// All patterns of up to `depth` segments of these.
std::vector<std::string> patterns(std::size_t depth) {
    if (depth == 0) return {""};
    std::vector<std::string> all = {""};
    for (const std::string& rest : patterns(depth - 1))
        for (const std::string_view segment : {"a", "b", ":p", "*", ""})
            all.push_back("/" + std::string(segment) + rest);
    return all;
}

TEST(Router, FindsWhatHoldingAPathAgainstEachRouteFinds) {
    Router router;
    std::vector<std::unique_ptr<Route>> each;
    for (const std::string& pattern : patterns(3)) {
        router.add(pattern, "GET").reply = [](const Request&, const HttpReply&) {};
        each.push_back(std::make_unique<Route>(pattern, "GET"));
    }
    std::ranges::stable_sort(
        each, [](const auto& left, const auto& right) { return left->before(*right); });
    for (const std::string& path : patterns(4)) {
        if (path.empty()) continue;
        Parameters expected;
        const auto first = std::ranges::find_if(
            each, [&](const auto& route) { return route->matches(path, expected); });
        const auto match = router.find("GET", path);
        ASSERT_EQ(match.http != nullptr, first != each.end()) << path;
        if (match.http == nullptr) continue;
        EXPECT_EQ(match.http_parameters(), expected) << path;
        EXPECT_FALSE(match.http->before(**first)) << path;
        EXPECT_FALSE((*first)->before(*match.http)) << path;
    }
}

}  // namespace
}  // namespace longwire::engine
