// Redirects, which a client follows if it was asked to (RFC 6455, section 4.1, step 1 of the
// answer; RFC 9110, section 15.4).
#include "raw_server.hpp"

#include <gtest/gtest.h>
#include <longwire/longwire.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace longwire {
namespace {

struct Followed {
    std::string words;
    int status = 0;
};

Task<> follow(std::string url, std::uint8_t max_redirects, Followed& outcome) {
    const HeaderField plain = {"X-Plain", "1"};
    const auto socket = co_await connect(url, {.headers = std::span(&plain, 1),
                                               .origin = "https://page.example",
                                               .bearer = "secret",
                                               .cookies = "a=1",
                                               .max_redirects = max_redirects});
    outcome.words = socket ? "open" : socket.error().message();
    if (!socket && socket.error().answer() != nullptr)
        outcome.status = socket.error().answer()->status;
}

std::string redirect_to(const std::string& location, int status = 307) {
    return "HTTP/1.1 " + std::to_string(status) + " Elsewhere\r\nLocation: " + location +
           "\r\nContent-Length: 5\r\n\r\nmoved";
}

/// Answers one request, and gives it.
std::string answer_with(const RawServer& server, const std::string& answer) {
    RawConnection connection = server.accept();
    std::string request = connection.read_until("\r\n\r\n");
    connection.send(answer);
    return request;
}

std::string open_and_end(const RawServer& server) {
    std::string request;
    open_next(server, &request).shut();
    return request;
}

std::string target_of(const std::string& request) {
    return request.substr(4, request.find(' ', 4) - 4);
}

TEST(Redirect, IsARefusalUnlessAskedFor) {
    const RawServer server;
    Followed outcome;
    RunningClient client([&] { return follow(server.url(), 0, outcome); });
    (void)answer_with(server, redirect_to("/elsewhere"));
    client.wait();
    EXPECT_NE(outcome.words.find("307"), std::string::npos) << outcome.words;
    EXPECT_NE(outcome.words.find("/elsewhere"), std::string::npos) << outcome.words;
    EXPECT_EQ(outcome.status, 307);
}

TEST(Redirect, EachOfTheFiveIsFollowed) {
    for (const int status : {301, 302, 303, 307, 308}) {
        const RawServer server;
        Followed outcome;
        RunningClient client([&] { return follow(server.url() + "a/b", 1, outcome); });
        (void)answer_with(server, redirect_to("c?d=e#f", status));
        const std::string request = open_and_end(server);
        client.wait();
        EXPECT_EQ(outcome.words, "open") << status;
        EXPECT_EQ(target_of(request), "/a/c?d=e");
        // One origin: all is sent again.
        EXPECT_EQ(field_in(request, "Authorization"), "Bearer secret");
        EXPECT_EQ(field_in(request, "Cookie"), "a=1");
        EXPECT_EQ(field_in(request, "X-Plain"), "1");
    }
}

TEST(Redirect, OtherStatusesAreNot) {
    for (const int status : {300, 304, 305, 306}) {
        const RawServer server;
        Followed outcome;
        RunningClient client([&] { return follow(server.url(), 5, outcome); });
        (void)answer_with(server, redirect_to("/elsewhere", status));
        client.wait();
        EXPECT_EQ(outcome.status, status) << outcome.words;
    }
}

TEST(Redirect, SecretsStayWithTheirOrigin) {
    const RawServer first;
    const RawServer second;
    Followed outcome;
    RunningClient client([&] { return follow(first.url(), 3, outcome); });
    EXPECT_EQ(
        field_in(answer_with(first, redirect_to("http://" + second.host() + "/")), "Authorization"),
        "Bearer secret");
    const std::string elsewhere =
        answer_with(second, redirect_to("ws://" + first.host() + "/back"));
    EXPECT_EQ(field_in(elsewhere, "Authorization"), "");
    EXPECT_EQ(field_in(elsewhere, "Cookie"), "");
    EXPECT_EQ(field_in(elsewhere, "X-Plain"), "1");
    EXPECT_EQ(field_in(elsewhere, "Origin"), "https://page.example");
    EXPECT_EQ(field_in(elsewhere, "Host"), second.host());
    // Nor do they come back: who sent us here may have chosen the path.
    const std::string back = open_and_end(first);
    EXPECT_EQ(field_in(back, "Authorization"), "");
    EXPECT_EQ(target_of(back), "/back");
    client.wait();
    EXPECT_EQ(outcome.words, "open");
}

TEST(Redirect, TheUserOfTheUrlStaysToo) {
    const RawServer first;
    const RawServer second;
    std::string words;
    const auto go = [&](std::string url) -> Task<> {
        const auto socket = co_await connect(url, {.max_redirects = 2});
        words = socket ? "open" : socket.error().message();
    };
    RunningClient client([&] { return go("ws://me:pw@" + first.host() + "/"); });
    EXPECT_NE(field_in(answer_with(first, redirect_to("ws://" + first.host() + "/same")),
                       "Authorization"),
              "");
    EXPECT_NE(
        field_in(answer_with(first, redirect_to("ws://" + second.host() + "/")), "Authorization"),
        "");
    EXPECT_EQ(field_in(open_and_end(second), "Authorization"), "");
    client.wait();
    EXPECT_EQ(words, "open");
}

TEST(Redirect, AsManyAsAskedForAndNotOneMore) {
    const RawServer server;
    Followed outcome;
    RunningClient client([&] { return follow(server.url(), 3, outcome); });
    for (int count = 0; count < 4; ++count) (void)answer_with(server, redirect_to("/"));
    client.wait();
    EXPECT_EQ(outcome.status, 307) << outcome.words;
}

TEST(Redirect, TheTimeIsForAllOfThem) {
    const RawServer first;
    const RawServer mute;
    std::string words;
    const auto go = [&]() -> Task<> {
        const auto socket = co_await connect(
            first.url(), {.max_redirects = 2, .handshake_timeout = std::chrono::milliseconds(100)});
        words = socket ? "open" : socket.error().message();
    };
    RunningClient client(go);
    (void)answer_with(first, redirect_to(mute.url()));
    client.wait();
    EXPECT_NE(words.find("within 100 ms"), std::string::npos) << words;
}

/// What is said of a redirect that leads to `location`.
Followed told_of(const std::string& answer) {
    const RawServer server;
    Followed outcome;
    RunningClient client([&] { return follow(server.url(), 5, outcome); });
    (void)answer_with(server, answer);
    client.wait();
    return outcome;
}

TEST(Redirect, ThatLeadsNowhereIsARefusal) {
    for (const std::string location : {"mailto:me", "ftp://a/", "http://", "ws://a b/", "//"}) {
        const Followed outcome = told_of(redirect_to(location));
        EXPECT_NE(outcome.words.find("leads nowhere"), std::string::npos) << outcome.words;
        EXPECT_EQ(outcome.status, 307);
    }
    const Followed without = told_of("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
    EXPECT_NE(without.words.find("no Location"), std::string::npos) << without.words;
}

}  // namespace
}  // namespace longwire
