#include "http/url.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace longwire::http {
namespace {

struct Good {
    std::string_view text;
    std::string_view scheme;
    std::string_view host;
    int port;
    std::string_view target;
    std::string_view host_field;
};

TEST(Url, good_ones) {
    const std::vector<Good> table = {
        {"ws://example.org", "ws", "example.org", 80, "/", "example.org"},
        {"wss://example.org", "wss", "example.org", 443, "/", "example.org"},
        {"http://example.org/a", "ws", "example.org", 80, "/a", "example.org"},
        {"HTTPS://Example.ORG/A", "wss", "example.org", 443, "/A", "example.org"},
        {"ws://a:8000/b?c=d", "ws", "a", 8000, "/b?c=d", "a:8000"},
        {"ws://a:80/", "ws", "a", 80, "/", "a"},
        {"wss://a:80/", "wss", "a", 80, "/", "a:80"},
        {"ws://a:443/", "ws", "a", 443, "/", "a:443"},
        {"ws://a:1", "ws", "a", 1, "/", "a:1"},
        {"ws://a:65535", "ws", "a", 65535, "/", "a:65535"},
        {"ws://a?b", "ws", "a", 80, "/?b", "a"},
        {"ws://a:/b", "ws", "a", 80, "/b", "a"},
        {"wss://[::1]:", "wss", "::1", 443, "/", "[::1]"},
        {"ws://[fe80::1%eth0]/", "ws", "fe80::1%eth0", 80, "/", "[fe80::1]"},
        {"ws://[FE80::1%25Wlan-0.7]:8000/", "ws", "fe80::1%Wlan-0.7", 8000, "/", "[fe80::1]:8000"},
        {"ws://[fe80::1%2]/", "ws", "fe80::1%2", 80, "/", "[fe80::1]"},
        {"ws://[fe80::1%25]/", "ws", "fe80::1%25", 80, "/", "[fe80::1]"},
        {"ws://example.org./", "ws", "example.org.", 80, "/", "example.org."},
        {"ws://127.0.0.1:9/", "ws", "127.0.0.1", 9, "/", "127.0.0.1:9"},
        {"ws://[::1]/", "ws", "::1", 80, "/", "[::1]"},
        {"wss://[2001:DB8::7]:8443/x", "wss", "2001:db8::7", 8443, "/x", "[2001:db8::7]:8443"},
        {"ws://a_b-c.d/", "ws", "a_b-c.d", 80, "/", "a_b-c.d"},
        {"ws://a/%20%zz", "ws", "a", 80, "/%20%zz", "a"},
        {"ws://a/\xC3\xBC?\xC3\xBC", "ws", "a", 80, "/%C3%BC?%C3%BC", "a"},
        {"ws://a/{x}|y^`<>\"", "ws", "a", 80, "/%7Bx%7D%7Cy%5E%60%3C%3E%22", "a"},
        {"ws://a//b/../c@d:e?f=ws://g/", "ws", "a", 80, "//b/../c@d:e?f=ws://g/", "a"},
    };
    for (const Good& good : table) {
        const auto url = parse_url(good.text);
        ASSERT_TRUE(url.has_value()) << good.text << ": " << url.error().message();
        EXPECT_EQ(url->scheme, good.scheme) << good.text;
        EXPECT_EQ(url->secure, good.scheme == "wss") << good.text;
        EXPECT_EQ(url->host, good.host) << good.text;
        EXPECT_EQ(url->port, good.port) << good.text;
        EXPECT_EQ(url->target, good.target) << good.text;
        EXPECT_EQ(url->host_field(), good.host_field) << good.text;
        EXPECT_EQ(url->user, "") << good.text;
    }
}

TEST(Url, others_know_a_host_without_its_zone_and_last_dot) {
    const auto known = [](std::string_view text) { return parse_url(text)->known_host(); };
    EXPECT_EQ(known("ws://example.org./"), "example.org");
    EXPECT_EQ(known("ws://example.org/"), "example.org");
    EXPECT_EQ(known("ws://[fe80::1%eth0]/"), "fe80::1");
    EXPECT_EQ(parse_url("ws://[fe80::1%eth0]:81/")->authority(), "[fe80::1]:81");
}

TEST(Url, user_and_password_are_decoded) {
    const auto url = parse_url("ws://me%40home:p:w%2F@a@host:81/");
    ASSERT_TRUE(url.has_value());
    EXPECT_EQ(url->user, "me@home");
    EXPECT_EQ(url->password, "p:w/@a");
    EXPECT_EQ(url->host, "host");
    EXPECT_EQ(url->host_field(), "host:81");
}

struct Bad {
    std::string_view text;
    std::string_view message;
};

TEST(Url, bad_ones_and_what_is_said_of_them) {
    const std::vector<Bad> table = {
        {"", "\"\" is not a WebSocket URL: it is empty; expected ws://HOST[:PORT]/PATH"},
        {"htp://x",
         "\"htp://x\" is not a WebSocket URL: the scheme is \"htp\"; expected ws:// or wss://"},
        {"ftp://x", "the scheme is \"ftp\""},
        {"://x", "the scheme is \"\""},
        {"localhost:8000/x", "it has no scheme; did you mean \"ws://localhost:8000/x\"?"},
        {"//localhost", "did you mean \"ws://localhost\"?"},
        {"localhost/?u=ws://x", "did you mean \"ws://localhost/?u=ws://x\"?"},
        {"ws:localhost", "two slashes follow the scheme"},
        {"ws:/localhost", "two slashes follow the scheme"},
        {"/path", "it names no host"},
        {"ws://", "it names no host"},
        {"ws:///path", "it names no host"},
        {"ws://:80/", "it names no host"},
        {"ws://user@/", "it names no host"},
        {"ws://a/#top", "no fragment"},
        {"ws://a/b c", "space"},
        {" ws://a/", "space"},
        {"ws://a/\r\nX: y", "control character"},
        {"ws://a/\x7F", "control character"},
        {"ws://a\\@b/", "backslash"},
        {"ws://a:0/", "the port is \"0\"; expected a number from 1 to 65535"},
        {"ws://a:65536/", "the port is \"65536\""},
        {"ws://a:99999999999999999999/", "expected a number from 1 to 65535"},
        {"ws://[fe80::1%]/", "names no network interface"},
        {"ws://[fe80::1%a b]/", "space"},
        {"ws://[fe80::1%a%0d]/", "names no network interface"},
        {"ws://./", "it names no host"},
        {"ws://a:+80/", "the port is \"+80\""},
        {"ws://a:8o/", "the port is \"8o\""},
        {"ws://[::1", "not closed"},
        {"ws://[]/", "[] is not an IPv6 address"},
        {"ws://[::g]/", "[::g] is not an IPv6 address"},
        {"ws://[1.2.3.4]/", "is not an IPv6 address"},
        {"ws://[::1]x/", "follow the ]"},
        {"ws://[::1]:x/", "the port is \"x\""},
        {"ws://::1/", "stands in brackets"},
        {"ws://a,b/", "the host name holds \",\""},
        {"ws://a%2Fb/", "the host name holds \"%\""},
        {"ws://\xC3\xBC.org/", "xn--"},
        {"ws://%zz@a/", "two hex digits"},
    };
    for (const Bad& bad : table) {
        const auto url = parse_url(bad.text);
        ASSERT_FALSE(url.has_value()) << bad.text;
        EXPECT_EQ(url.error().code(), ErrorCode::invalid_url);
        EXPECT_NE(url.error().message().find(bad.message), std::string::npos)
            << bad.text << "\ngave: " << url.error().message();
        EXPECT_NE(url.error().message().find("is not a WebSocket URL: "), std::string::npos);
        EXPECT_EQ(url.error().message().find_first_of("\r\n\x7F"), std::string::npos);
    }
}

TEST(Url, a_long_host_is_refused) {
    EXPECT_TRUE(parse_url("ws://" + std::string(253, 'a')).has_value());
    EXPECT_FALSE(parse_url("ws://" + std::string(254, 'a')).has_value());
}

TEST(Url, a_message_shows_no_password_and_is_not_endless) {
    const auto url = parse_url("ws://me:secret@host:0/");
    ASSERT_FALSE(url.has_value());
    EXPECT_EQ(url.error().message().find("secret"), std::string::npos);
    EXPECT_NE(url.error().message().find("ws://***@host:0/"), std::string::npos);
    const auto bare = parse_url("me:secret@host/");
    ASSERT_FALSE(bare.has_value());
    EXPECT_EQ(bare.error().message().find("secret"), std::string::npos);
    const auto endless = parse_url("htp://" + std::string(100000, 'a'));
    ASSERT_FALSE(endless.has_value());
    EXPECT_LT(endless.error().message().size(), 600U);
}

}  // namespace
}  // namespace longwire::http
