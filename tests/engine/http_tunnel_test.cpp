// What a client and an HTTP proxy say to each other (CONNECT, RFC 9110, section 9.3.6).
#include "engine/client/http_tunnel.hpp"

#include <gtest/gtest.h>
#include <longwire/http_answer.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace longwire::engine {
namespace {

Proxy proxy_with(const std::string& user = "", const std::string& password = "") {
    return {.kind = Proxy::Kind::http,
            .host = "proxy",
            .port = 3128,
            .user = user,
            .password = password};
}

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

/// "done", "more", or what is wrong.
std::string outcome_of(HttpTunnel& tunnel, std::string_view answer) {
    const auto progress = tunnel.receive(bytes_of(answer));
    if (!progress) return progress.error().message();
    EXPECT_EQ(progress->answer, "");
    return progress->done ? "done" : "more";
}

std::string outcome_of(std::string_view answer, const Proxy& proxy = proxy_with()) {
    HttpTunnel tunnel(proxy, "server:8443");
    return outcome_of(tunnel, answer);
}

bool holds(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST(HttpTunnel, AsksForTheServer) {
    HttpTunnel tunnel(proxy_with(), "[2001:db8::1]:443");
    EXPECT_EQ(tunnel.begin(),
              "CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n\r\n");
    HttpTunnel with_user(proxy_with("me", "p@ss"), "server:80");
    EXPECT_EQ(with_user.begin(),
              "CONNECT server:80 HTTP/1.1\r\nHost: server:80\r\n"
              "Proxy-Authorization: Basic bWU6cEBzcw==\r\n\r\n");
}

TEST(HttpTunnel, IsOpenWithAny2xxHoweverItComes) {
    // A length is to be ignored here.
    const std::string answer =
        "HTTP/1.1 200 Connection established\r\nContent-Length: 5\r\nVia: x\r\n\r\n";
    for (std::size_t cut = 0; cut < answer.size(); ++cut) {
        HttpTunnel tunnel(proxy_with(), "server:80");
        EXPECT_EQ(outcome_of(tunnel, answer.substr(0, cut)), "more") << cut;
        EXPECT_EQ(outcome_of(tunnel, answer.substr(cut)), "done") << cut;
    }
    for (const char* const fields :
         {"Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: many\r\n",
          "content-length: 5\r\nTransfer-Encoding: chunked\r\n",
          "Transfer-Encoding: gzip, chunked\r\n", "Transfer-Encoding:\r\n"})
        EXPECT_EQ(outcome_of("HTTP/1.1 200 OK\r\nVia: x\r\n" + std::string(fields) + "\r\n"),
                  "done")
            << fields;
    EXPECT_EQ(outcome_of("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), "done");
    EXPECT_EQ(outcome_of("HTTP/1.0 200 OK\r\n\r\n"), "done");
    EXPECT_EQ(outcome_of("HTTP/1.1 204 No Content\r\n\r\n"), "done");
    EXPECT_EQ(outcome_of("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"), "done");
}

TEST(HttpTunnel, ARefusalNamesTheProxyTheServerAndTheRemedy) {
    HttpTunnel tunnel(proxy_with(), "server:8443");
    const auto refused = tunnel.receive(bytes_of(
        "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
        "Content-Length: 3\r\n\r\nno\n"));
    ASSERT_FALSE(refused);
    const Error& error = refused.error();
    EXPECT_EQ(error.code(), ErrorCode::proxy_failed);
    EXPECT_TRUE(holds(error.message(), "proxy:3128")) << error.message();
    EXPECT_TRUE(holds(error.message(), "server:8443")) << error.message();
    EXPECT_TRUE(holds(error.message(), "407 Proxy Authentication Required")) << error.message();
    EXPECT_TRUE(holds(error.message(), "http://user:password@host:port")) << error.message();
    ASSERT_NE(error.answer(), nullptr);
    EXPECT_TRUE(error.answer()->from_proxy);
    EXPECT_EQ(error.answer()->status, 407);
    EXPECT_EQ(error.answer()->field("Proxy-Authenticate"), "Basic realm=\"x\"");
    EXPECT_EQ(error.answer()->body, "no\n");
    EXPECT_FALSE(error.answer()->body_is_cut);
}

TEST(HttpTunnel, AWrongPasswordIsCalledThat) {
    const std::string words = outcome_of("HTTP/1.1 407 Authenticate\r\nContent-Length: 0\r\n\r\n",
                                         proxy_with("me", "secret"));
    EXPECT_TRUE(holds(words, "does not take this user and password")) << words;
    EXPECT_FALSE(holds(words, "secret")) << words;
    EXPECT_EQ(outcome_of("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n",
                         proxy_with("me", "secret")),
              "the proxy proxy:3128 does not connect to server:8443: it answered 401 Unauthorized; "
              "it does not take this user and password");
}

TEST(HttpTunnel, OtherRefusalsAreExplained) {
    const std::string end = "\r\nContent-Length: 0\r\n\r\n";
    EXPECT_TRUE(holds(outcome_of("HTTP/1.1 403 Forbidden" + end), "does not allow"));
    for (const std::string_view status : {"500", "502", "503", "504"})
        EXPECT_TRUE(holds(outcome_of("HTTP/1.1 " + std::string(status) + end), "cannot reach"));
    EXPECT_TRUE(holds(outcome_of("HTTP/1.1 302 Found\r\nLocation: /" + end), "302"));
    EXPECT_TRUE(holds(outcome_of("HTTP/1.1 101 Switching Protocols\r\n\r\n"), "101"));
}

TEST(HttpTunnel, TheBodyOfARefusalIsWaitedFor) {
    const std::string head = "HTTP/1.0 500 Unable to connect\r\nServer: x\r\n\r\n";
    HttpTunnel tunnel(proxy_with(), "server:80");
    const auto begun = tunnel.receive(bytes_of(head));
    ASSERT_TRUE(begun);
    EXPECT_TRUE(begun->refused);
    EXPECT_FALSE(begun->done);
    ASSERT_TRUE(tunnel.receive(bytes_of("<p>No")));
    ASSERT_TRUE(tunnel.receive(bytes_of("body</p>")));
    // It ends with the connection, or it is not waited for any longer.
    for (const auto& [error, cut] : {std::pair(tunnel.ended(), false), {tunnel.cut_off(), true}}) {
        ASSERT_NE(error.answer(), nullptr);
        EXPECT_EQ(error.answer()->status_line, "HTTP/1.0 500 Unable to connect");
        EXPECT_EQ(error.answer()->body, "<p>Nobody</p>");
        EXPECT_EQ(error.answer()->body_is_cut, cut);
    }
    const auto endless = tunnel.receive(bytes_of(std::string(5000, 'x')));
    ASSERT_FALSE(endless);
    EXPECT_EQ(endless.error().answer()->body.size(), HttpAnswer::max_body_size);
    EXPECT_TRUE(endless.error().answer()->body_is_cut);
}

TEST(HttpTunnel, OneThatSpeaksSocksIsToldFromRubbish) {
    EXPECT_TRUE(holds(outcome_of("\x05\xFF"), "write socks5://"));
    EXPECT_FALSE(holds(outcome_of("220 smtp\r\n"), "socks5://"));
    // What stands further on says nothing of that, wherever a piece begins.
    HttpTunnel tunnel(proxy_with(), "server:8443");
    EXPECT_EQ(outcome_of(tunnel, "HTTP/1.1 200 OK\r\nX: "), "more");
    EXPECT_FALSE(holds(outcome_of(tunnel, "\x05\xFF"), "socks5://"));
    HttpTunnel slow(proxy_with(), "server:8443");
    EXPECT_TRUE(holds(outcome_of(slow, "\x05"), "socks5://"));
}

TEST(HttpTunnel, NothingMayFollowTheAnswer) {
    EXPECT_TRUE(holds(outcome_of("HTTP/1.1 200 OK\r\n\r\nx"), "it sent data too early"));
}

TEST(HttpTunnel, RubbishIsNoAnswer) {
    for (const std::string_view answer :
         {"220 smtp\r\n", "\x05\x01", "HTTP/9 200 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n"})
        EXPECT_TRUE(holds(outcome_of(answer), "does not connect to server:8443")) << answer;
    const std::string endless = "HTTP/1.1 200 OK\r\nX: " + std::string(20000, 'x');
    EXPECT_TRUE(holds(outcome_of(endless), "does not connect to"));
}

TEST(HttpTunnel, AnEndIsTold) {
    const HttpTunnel tunnel(proxy_with(), "server:80");
    EXPECT_EQ(tunnel.ended().code(), ErrorCode::proxy_failed);
    EXPECT_TRUE(holds(tunnel.ended().message(), "ended the connection"));
}

}  // namespace
}  // namespace longwire::engine
