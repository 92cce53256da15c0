#include "engine/client/proxy.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

namespace longwire::engine {
namespace {

using Environment = std::map<std::string, std::string>;

/// "direct", the name of the proxy, or what is wrong.
std::string way(const Environment& environment, const std::string& url) {
    const EnvironmentProxies proxies([&](const char* name) -> std::optional<std::string> {
        const auto found = environment.find(name);
        return found == environment.end() ? std::nullopt : std::optional(found->second);
    });
    const auto proxy = proxies.proxy_for(*http::parse_url(url));
    if (!proxy) return proxy.error().message();
    return *proxy ? (*proxy)->name() : "direct";
}

bool exempt(const std::string& host, const std::string& list) {
    return is_exempt(*http::parse_url("ws://" + host + "/"), list);
}

TEST(Proxy, IsReadFromAUrl) {
    const auto http = parse_proxy("http://me:p%40ss@proxy.example:3128/", "the proxy");
    ASSERT_TRUE(http);
    EXPECT_EQ(http->kind, Proxy::Kind::http);
    EXPECT_EQ(http->name(), "proxy.example:3128");
    EXPECT_EQ(http->user, "me");
    EXPECT_EQ(http->password, "p@ss");
    const auto socks = parse_proxy("SOCKS5://[::1]", "the proxy");
    ASSERT_TRUE(socks);
    EXPECT_EQ(socks->kind, Proxy::Kind::socks5);
    EXPECT_EQ(socks->name(), "[::1]:1080");
    EXPECT_EQ(parse_proxy("socks5h://a:80", "")->name(), "a:80");
    EXPECT_EQ(parse_proxy("a:8080", "")->name(), "a:8080");
    EXPECT_EQ(parse_proxy("http://a", "")->name(), "a:80");
}

TEST(Proxy, IsRefusedWithTheRemedyAndWithoutThePassword) {
    for (const std::string text :
         {"https://me:secret@a:1", "socks4://me:secret@a:1", "http://me:secret@", "a b:secret",
          "http://me:secret@a:99999", "http://me:secret@a/path", "://secret", ""}) {
        const auto proxy = parse_proxy(text, "the proxy");
        ASSERT_FALSE(proxy) << text;
        EXPECT_EQ(proxy.error().code(), ErrorCode::invalid_argument);
        EXPECT_EQ(proxy.error().message().find("secret"), std::string::npos);
        EXPECT_NE(proxy.error().message().find("socks5://"), std::string::npos);
    }
    EXPECT_FALSE(parse_proxy("socks5://" + std::string(256, 'u') + "@a", "the proxy"));
}

TEST(EnvironmentProxies, EachSchemeHasItsVariable) {
    const Environment environment = {{"HTTP_PROXY", "http://plain:1"},
                                     {"HTTPS_PROXY", "http://secure:2"},
                                     {"ALL_PROXY", "socks5://all:3"}};
    EXPECT_EQ(way(environment, "ws://example.org/"), "plain:1");
    EXPECT_EQ(way(environment, "wss://example.org/"), "secure:2");
    EXPECT_EQ(way({{"ALL_PROXY", "socks5://all:3"}}, "wss://example.org/"), "all:3");
    EXPECT_EQ(way({{"HTTPS_PROXY", "http://secure:2"}}, "ws://example.org/"), "direct");
    EXPECT_EQ(way({}, "ws://example.org/"), "direct");
}

TEST(EnvironmentProxies, TheLowerCaseCountsFirstAndAnEmptyOneIsNone) {
    EXPECT_EQ(way({{"http_proxy", "a:1"}, {"HTTP_PROXY", "b:2"}}, "ws://example.org/"), "a:1");
    EXPECT_EQ(
        way({{"http_proxy", ""}, {"HTTP_PROXY", "b:2"}, {"ALL_PROXY", "c:3"}}, "ws://example.org/"),
        "direct");
}

TEST(EnvironmentProxies, ACgiProgramDoesNotTakeItsClientsWord) {
    EXPECT_EQ(way({{"HTTP_PROXY", "evil:1"}, {"REQUEST_METHOD", "GET"}}, "ws://example.org/"),
              "direct");
    EXPECT_EQ(way({{"http_proxy", "good:1"}, {"REQUEST_METHOD", "GET"}}, "ws://example.org/"),
              "good:1");
}

TEST(EnvironmentProxies, ThisMachineIsReachedDirectly) {
    const Environment environment = {{"ALL_PROXY", "proxy:1"}};
    for (const std::string host : {"localhost", "LOCALHOST", "app.localhost", "127.0.0.1",
                                   "127.9.9.9:8000", "[::1]", "[::ffff:127.0.0.1]"})
        EXPECT_EQ(way(environment, "ws://" + host + "/"), "direct") << host;
    EXPECT_EQ(way(environment, "ws://128.0.0.1/"), "proxy:1");
    EXPECT_EQ(way(environment, "ws://localhost.example.org/"), "proxy:1");
}

TEST(EnvironmentProxies, AWrongOneIsNamed) {
    const std::string words = way({{"HTTPS_PROXY", "ftp://secret@a"}}, "wss://example.org/");
    EXPECT_NE(words.find("HTTPS_PROXY"), std::string::npos);
    EXPECT_EQ(words.find("secret"), std::string::npos);
}

TEST(NoProxy, NamesStandForWhatIsBelowThem) {
    EXPECT_TRUE(exempt("example.org", "example.org"));
    EXPECT_TRUE(exempt("example.org", ".example.org"));
    EXPECT_TRUE(exempt("a.b.example.org", "example.org"));
    EXPECT_TRUE(exempt("a.example.org", "*.example.org"));
    EXPECT_TRUE(exempt("a.example.org", "other.org, EXAMPLE.ORG"));
    EXPECT_FALSE(exempt("badexample.org", "example.org"));
    EXPECT_FALSE(exempt("example.org.evil.net", "example.org"));
    EXPECT_FALSE(exempt("example.org", "a.example.org"));
    EXPECT_FALSE(exempt("example.org", ""));
    EXPECT_FALSE(exempt("example.org", " ,, . *."));
    EXPECT_TRUE(exempt("example.org", "a,*,b"));
}

TEST(NoProxy, APortHasToBeTheSame) {
    EXPECT_TRUE(exempt("example.org:8080", "example.org:8080"));
    EXPECT_FALSE(exempt("example.org:8081", "example.org:8080"));
    EXPECT_TRUE(exempt("example.org", "example.org:80"));
    EXPECT_TRUE(exempt("[2001:db8::1]:8080", "[2001:db8::1]:8080"));
    EXPECT_FALSE(exempt("[2001:db8::1]:8081", "[2001:db8::1]:8080"));
}

TEST(NoProxy, AddressesAndNetworks) {
    EXPECT_TRUE(exempt("10.1.2.3", "10.1.2.3"));
    EXPECT_TRUE(exempt("10.1.2.3", "10.0.0.0/8"));
    EXPECT_TRUE(exempt("192.168.3.255", "192.168.2.0/23"));
    EXPECT_FALSE(exempt("192.168.4.0", "192.168.2.0/23"));
    EXPECT_TRUE(exempt("9.9.9.9", "0.0.0.0/0"));
    EXPECT_FALSE(exempt("10.1.2.3", "10.0.0.0/33"));
    EXPECT_FALSE(exempt("10.1.2.3", "10.0.0.0/x"));
    EXPECT_FALSE(exempt("10.1.2.3", "10.0.0.0/"));
    EXPECT_FALSE(exempt("10.1.2.3", "2.3"));
    EXPECT_TRUE(exempt("[2001:db8::7]", "2001:db8::/32"));
    EXPECT_TRUE(exempt("[2001:db8::7]", "2001:DB8:0::7"));
    EXPECT_FALSE(exempt("[2001:db9::7]", "2001:db8::/32"));
    EXPECT_FALSE(exempt("[2001:db8::7]", "10.0.0.0/0"));
}

}  // namespace
}  // namespace longwire::engine
