#include "http/url_reference.hpp"

#include <gtest/gtest.h>

#include <string>

namespace longwire::http {
namespace {

std::string resolved(const std::string& base, const std::string& reference) {
    const auto from = parse_url(base);
    const auto to = resolve_reference(*from, reference);
    return to ? to->scheme + "://" + to->host_field() + to->target : "(none)";
}

TEST(UrlReference, FollowsTheExamplesOfRfc3986) {
    const auto from = [](const std::string& reference) {
        return resolved("ws://a/b/c/d?q", reference);
    };
    EXPECT_EQ(from("g"), "ws://a/b/c/g");
    EXPECT_EQ(from("./g"), "ws://a/b/c/g");
    EXPECT_EQ(from("g/"), "ws://a/b/c/g/");
    EXPECT_EQ(from("/g"), "ws://a/g");
    EXPECT_EQ(from("//g"), "ws://g/");
    EXPECT_EQ(from("?y"), "ws://a/b/c/d?y");
    EXPECT_EQ(from("g?y"), "ws://a/b/c/g?y");
    EXPECT_EQ(from("g?y/../x"), "ws://a/b/c/g?y/../x");
    EXPECT_EQ(from("#s"), "ws://a/b/c/d?q");
    EXPECT_EQ(from("g#s"), "ws://a/b/c/g");
    EXPECT_EQ(from(""), "ws://a/b/c/d?q");
    EXPECT_EQ(from("."), "ws://a/b/c/");
    EXPECT_EQ(from(".."), "ws://a/b/");
    EXPECT_EQ(from("../g"), "ws://a/b/g");
    EXPECT_EQ(from("../.."), "ws://a/");
    EXPECT_EQ(from("../../g"), "ws://a/g");
    EXPECT_EQ(from("../../../g"), "ws://a/g");
    EXPECT_EQ(from("/./g"), "ws://a/g");
    EXPECT_EQ(from("/../g"), "ws://a/g");
    EXPECT_EQ(from("g."), "ws://a/b/c/g.");
    EXPECT_EQ(from("..g"), "ws://a/b/c/..g");
    EXPECT_EQ(from("./g/."), "ws://a/b/c/g/");
    EXPECT_EQ(from("g/./h"), "ws://a/b/c/g/h");
    EXPECT_EQ(from("g/../h"), "ws://a/b/c/h");
}

TEST(UrlReference, TakesWholeUrlsOfTheFourSchemes) {
    EXPECT_EQ(resolved("ws://a/b", "wss://c:8443/d?e"), "wss://c:8443/d?e");
    EXPECT_EQ(resolved("ws://a/b", "https://c/d"), "wss://c/d");
    EXPECT_EQ(resolved("wss://a/b", "http://c/d"), "ws://c/d");
    EXPECT_EQ(resolved("wss://a/b", "//c/d"), "wss://c/d");
    EXPECT_EQ(resolved("ws://a/b", "mailto:someone"), "(none)");
    EXPECT_EQ(resolved("ws://a/b", "ftp://c/"), "(none)");
    EXPECT_EQ(resolved("ws://a/b", "http://"), "(none)");
}

TEST(UrlReference, KeepsHostPortAndUserOfARelativeOne) {
    const auto from = parse_url("wss://me:secret@[::1]:8443/a/b");
    const auto to = resolve_reference(*from, "c:d");
    EXPECT_FALSE(to);  // a scheme of its own
    const auto path = resolve_reference(*from, "./c:d");
    ASSERT_TRUE(path);
    EXPECT_EQ(path->host_field() + path->target, "[::1]:8443/a/c:d");
    EXPECT_EQ(path->user + path->password, "mesecret");
    EXPECT_TRUE(same_origin(*from, *path));
}

TEST(UrlReference, AnOriginIsSchemeHostAndPort) {
    const auto url = [](const char* text) { return *parse_url(text); };
    EXPECT_TRUE(same_origin(url("ws://a/"), url("http://A:80/b")));
    EXPECT_TRUE(same_origin(url("ws://a./"), url("ws://a/")));
    EXPECT_FALSE(same_origin(url("ws://a/"), url("ws://b/")));
    EXPECT_FALSE(same_origin(url("ws://a/"), url("ws://a:81/")));
    EXPECT_FALSE(same_origin(url("ws://a:443/"), url("wss://a/")));
}

}  // namespace
}  // namespace longwire::http
