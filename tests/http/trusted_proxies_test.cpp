// Who a request is from, as the proxies say that are trusted, and nobody else.
#include "http/trusted_proxies.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire::http {
namespace {

using Fields = std::vector<HeaderField>;

TrustedProxies proxies(const std::vector<std::string>& names,
                       ForwardedField field = ForwardedField::x_forwarded_for) {
    auto parsed = TrustedProxies::parse(names, field);
    EXPECT_TRUE(parsed) << parsed.error().message();
    return *parsed;
}

std::string address(const ForwardedClient& client) {
    return client.address ? client.address->to_text() : "none";
}

/// Who it is from by an X-Forwarded-For of that value.
std::string by_for(std::string_view value) {
    return address(
        proxies({"10.0.0.0/8", "2001:db8:1::/48"}).client_of(Fields{{"X-Forwarded-For", value}}));
}

/// The same by Forwarded.
std::string by_forwarded(std::string_view value) {
    const auto client =
        proxies({"10.0.0.0/8"}, ForwardedField::forwarded).client_of(Fields{{"forwarded", value}});
    return address(client) + (!client.secure ? "" : *client.secure ? " tls" : " plain");
}

TEST(TrustedProxies, AreAddressesNetworksAndUnixSockets) {
    const TrustedProxies some = proxies({"192.0.2.7", "10.0.0.0/8", "2001:db8::/32"});
    EXPECT_TRUE(some.trusts("192.0.2.7:1234"));
    EXPECT_TRUE(some.trusts("[::ffff:192.0.2.7]:1234"));
    EXPECT_TRUE(some.trusts("10.1.2.3:1"));
    EXPECT_TRUE(some.trusts("[2001:db8::9]:1"));
    EXPECT_FALSE(some.trusts("192.0.2.8:1234"));
    EXPECT_FALSE(some.trusts("[2001:db9::9]:1"));
    EXPECT_FALSE(some.trusts("unix"));
    EXPECT_FALSE(some.trusts(""));
    EXPECT_FALSE(some.empty());
    const TrustedProxies local = proxies({"unix"});
    EXPECT_TRUE(local.trusts("unix"));
    EXPECT_TRUE(local.trusts("unix:/run/proxy"));
    EXPECT_FALSE(local.trusts("127.0.0.1:1"));
    EXPECT_FALSE(local.empty());
    EXPECT_FALSE(proxies({}).trusts("127.0.0.1:1"));
    EXPECT_TRUE(proxies({}).empty());
}

TEST(TrustedProxies, ThatAreNoneAreRefusedInWords) {
    const auto words = [](const std::string& name) {
        const auto parsed = TrustedProxies::parse(std::vector{name}, {});
        return parsed ? std::string() : std::string(parsed.error().message());
    };
    EXPECT_EQ(
        words("localhost"),
        "\"localhost\" cannot be a trusted proxy: write an address (192.0.2.7), a "
        "network (10.0.0.0/8, 2001:db8::/32), or unix for all connections over a Unix socket");
    EXPECT_EQ(words("10.1.2.3/8"),
              "\"10.1.2.3/8\" cannot be a trusted proxy: bits behind the prefix are set; did "
              "you mean 10.0.0.0/8, or one address without a slash?");
    EXPECT_NE(words(""), "");
    EXPECT_NE(words("*"), "");
    EXPECT_NE(words("127.0.0.1:80"), "");
    EXPECT_LT(words(std::string(10000, 'x')).size(), 400);
}

TEST(XForwardedFor, NamesTheLastThatIsNoProxyOfOurs) {
    EXPECT_EQ(by_for("192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(by_for("192.0.2.7, 10.0.0.1"), "192.0.2.7");
    EXPECT_EQ(by_for("192.0.2.7,10.0.0.1 ,\t10.0.0.2"), "192.0.2.7");
    EXPECT_EQ(by_for("192.0.2.7, 2001:db8:1::5"), "192.0.2.7");
    EXPECT_EQ(by_for("2001:db8:2::5"), "2001:db8:2::5");
    EXPECT_EQ(by_for("::ffff:192.0.2.7"), "192.0.2.7");
    // What a client has put before it counts for nothing, whatever it is.
    EXPECT_EQ(by_for("198.51.100.1, 192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(by_for("10.0.0.9, 192.0.2.7, 10.0.0.1"), "192.0.2.7");
    EXPECT_EQ(by_for("nonsense, \", 192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(by_for("\\\", 192.0.2.7"), "192.0.2.7");
}

TEST(XForwardedFor, OfProxiesAloneNamesTheFirst) {
    EXPECT_EQ(by_for("10.0.0.3, 10.0.0.2"), "10.0.0.3");
    EXPECT_EQ(by_for("10.0.0.3"), "10.0.0.3");
}

TEST(XForwardedFor, MayHavePortsAndBrackets) {
    EXPECT_EQ(by_for("192.0.2.7:54321"), "192.0.2.7");
    EXPECT_EQ(by_for("[2001:db8:2::5]:54321"), "2001:db8:2::5");
    EXPECT_EQ(by_for("[2001:db8:2::5]"), "2001:db8:2::5");
    EXPECT_EQ(by_for("192.0.2.7, 10.0.0.1:80"), "192.0.2.7");
}

TEST(XForwardedFor, WithSomethingElseInTheWayNamesNobody) {
    for (const std::string_view wrong :
         {"unknown", "192.0.2.7, unknown", "192.0.2.7, unix:", "192.0.2.7, unknown, 10.0.0.1",
          "192.0.2.7:", "192.0.2.7:123456", "192.0.2.7:8x", "[192.0.2.7]", "[::1", "[::1]x",
          "[::1]:", "::1]", "fe80::1%eth0", "192.0.2.7;10.0.0.1", "192.0.2.7 10.0.0.1", "1.2.3",
          "\"192.0.2.7\"", "192.0.2.7, \"10.0.0.1\"", "http://192.0.2.7"})
        EXPECT_EQ(by_for(wrong), "none") << wrong;
    EXPECT_EQ(by_for(""), "none");
    EXPECT_EQ(by_for(" , ,, "), "none");
    EXPECT_EQ(address(proxies({"10.0.0.0/8"}).client_of({})), "none");
}

TEST(XForwardedFor, IsReadOverAllFieldsInTheirOrder) {
    const Fields fields = {{"X-Forwarded-For", "198.51.100.1"},
                           {"Host", "192.0.2.99"},
                           {"x-forwarded-for", "192.0.2.7,"},
                           {"X-Forwarded-For", ""},
                           {"X-Forwarded-For", "10.0.0.1, 10.0.0.2"}};
    EXPECT_EQ(address(proxies({"10.0.0.0/8"}).client_of(fields)), "192.0.2.7");
}

TEST(XForwardedFor, HasOnlySoManyProxies) {
    std::string many = "192.0.2.7";
    for (int count = 0; count < 31; ++count) many += ",, 10.0.0.1";
    EXPECT_EQ(by_for(many), "192.0.2.7");
    EXPECT_EQ(by_for(many + ", 10.0.0.1"), "none");
    // However much stands before it.
    std::string long_one;
    for (int count = 0; count < 1000; ++count) long_one += "10.0.0.1,";
    EXPECT_EQ(by_for(long_one + "192.0.2.7"), "192.0.2.7");
}

TEST(XForwardedFor, IsTheOnlyFieldThatIsLookedAt) {
    const Fields both = {{"X-Forwarded-For", "192.0.2.7"}, {"Forwarded", "for=198.51.100.1"}};
    EXPECT_EQ(address(proxies({"10.0.0.1"}).client_of(both)), "192.0.2.7");
    EXPECT_EQ(address(proxies({"10.0.0.1"}, ForwardedField::forwarded).client_of(both)),
              "198.51.100.1");
    const Fields other = {{"Forwarded", "for=198.51.100.1;proto=https"},
                          {"X-Real-IP", "198.51.100.1"}};
    EXPECT_EQ(address(proxies({"10.0.0.1"}).client_of(other)), "none");
    EXPECT_FALSE(proxies({"10.0.0.1"}).client_of(other).secure);
}

TEST(XForwardedProto, SaysWhetherItCameOverTls) {
    const auto secure = [](Fields fields) {
        fields.push_back({"X-Forwarded-For", "192.0.2.7"});
        return proxies({"10.0.0.1"}).client_of(fields).secure;
    };
    EXPECT_EQ(secure({{"X-Forwarded-Proto", "https"}}), true);
    EXPECT_EQ(secure({{"x-forwarded-proto", " HTTPS "}}), true);
    EXPECT_EQ(secure({{"X-Forwarded-Proto", "wss"}}), true);
    EXPECT_EQ(secure({{"X-Forwarded-Proto", "http"}}), false);
    EXPECT_EQ(secure({}), std::nullopt);
    EXPECT_EQ(secure({{"X-Forwarded-Proto", "https, http"}}), std::nullopt);
    EXPECT_EQ(secure({{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Proto", "https"}}),
              std::nullopt);
    EXPECT_EQ(secure({{"X-Forwarded-Proto", "ftp"}}), std::nullopt);
    EXPECT_EQ(secure({{"Forwarded", "proto=https"}}), std::nullopt);
    // A proxy that says nothing sound is taken at its word for nothing.
    EXPECT_FALSE(
        proxies({"10.0.0.1"})
            .client_of(Fields{{"X-Forwarded-For", "unknown"}, {"X-Forwarded-Proto", "https"}})
            .secure);
}

// RFC 7239, sections 4 to 6.
TEST(Forwarded, NamesTheLastThatIsNoProxyOfOurs) {
    EXPECT_EQ(by_forwarded("for=192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(by_forwarded("For=\"[2001:db8:cafe::17]:4711\""), "2001:db8:cafe::17");
    EXPECT_EQ(by_forwarded("for=\"192.0.2.7:4711\""), "192.0.2.7");
    EXPECT_EQ(by_forwarded("for=\"192.0.2.7:_port\""), "192.0.2.7");
    EXPECT_EQ(by_forwarded("for=\"192.\\0.2.7\""), "192.0.2.7");
    EXPECT_EQ(by_forwarded("for=192.0.2.7;proto=http;by=203.0.113.43"), "192.0.2.7 plain");
    EXPECT_EQ(by_forwarded("host=\"a,b;c\\\"\";for=192.0.2.7 ; Proto=\"HTTPS\""), "192.0.2.7 tls");
    EXPECT_EQ(by_forwarded("for=192.0.2.7;proto=https, for=10.0.0.1;proto=http"), "192.0.2.7 tls");
    EXPECT_EQ(by_forwarded("for=192.0.2.7, for=10.0.0.1;host=\"x, for=198.51.100.1\""),
              "192.0.2.7");
    EXPECT_EQ(by_forwarded("for=198.51.100.1;proto=https, for=192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(by_forwarded(";for=192.0.2.7; ;;proto=https;"), "192.0.2.7 tls");
    EXPECT_EQ(by_forwarded("for=10.0.0.2, for=10.0.0.1"), "10.0.0.2");
}

TEST(Forwarded, CannotBeChangedByWhatAClientPutBeforeIt) {
    for (const std::string_view before : {"for=\"", "for=\"\\", "\"", "\\\"", "for=1;;;",
                                          "nonsense", "for=\"a\\\\\"", ",,\"\",\""}) {
        const std::string value = std::string(before) + ", for=192.0.2.7, for=10.0.0.1";
        EXPECT_EQ(by_forwarded(value), "192.0.2.7") << value;
    }
}

TEST(Forwarded, WithSomethingElseInTheWayNamesNobody) {
    for (const std::string_view wrong : {"for=unknown",
                                         "for=_hidden",
                                         "for=\"_hidden:80\"",
                                         "proto=https",
                                         "192.0.2.7",
                                         "for=",
                                         "for",
                                         "=192.0.2.7",
                                         "for=192.0.2.7;for=192.0.2.8",
                                         "for=192.0.2.7;proto=a;proto=b",
                                         "for=192.0.2.7:80",
                                         "for=[::1]",
                                         "for=\"::1\"",
                                         "for=\"192.0.2.7",
                                         "for=192.0.2.7\"",
                                         "for=\"192.0.2.7\"x",
                                         "for =192.0.2.7",
                                         "for=\"\"",
                                         "for=192.0.2.7, for=unknown",
                                         "for=192.0.2.7 proto=https",
                                         "for=\"192.0.2.7\\\""})
        EXPECT_EQ(by_forwarded(wrong), "none") << wrong;
}

}  // namespace
}  // namespace longwire::http
