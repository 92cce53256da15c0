#include "protocol/origin.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace longwire::protocol {
namespace {

TEST(Origin, OfTheHostItselfIsAllowed) {
    EXPECT_TRUE(origin_allowed("", "example.org", {}));
    EXPECT_TRUE(origin_allowed("https://example.org", "example.org", {}));
    EXPECT_TRUE(origin_allowed("http://EXAMPLE.org", "example.ORG", {}));
    EXPECT_TRUE(origin_allowed("http://127.0.0.1:8000", "127.0.0.1:8000", {}));
    EXPECT_TRUE(origin_allowed("http://[::1]:8000", "[::1]:8000", {}));
    EXPECT_TRUE(origin_allowed("http://example.org", "example.org:80", {}));
    EXPECT_TRUE(origin_allowed("https://example.org:443", "example.org", {}));
}

TEST(Origin, OfAnotherIsNot) {
    for (const char* const origin :
         {"https://evil.example", "https://example.org.evil.example", "https://evil-example.org",
          "null", "file://", "https://example.org:444", "http://example.org:443", "example.org",
          "ftp://example.org", "https://example.org/", "https://user@example.org"})
        EXPECT_FALSE(origin_allowed(origin, "example.org", {})) << origin;
    EXPECT_FALSE(origin_allowed("https://", "", {}));
}

TEST(Origin, MayBeListed) {
    const std::vector<std::string> listed = {"https://one.example", "null"};
    EXPECT_TRUE(origin_allowed("https://one.example", "example.org", listed));
    EXPECT_TRUE(origin_allowed("null", "example.org", listed));
    EXPECT_TRUE(origin_allowed("https://example.org", "example.org", listed));
    EXPECT_FALSE(origin_allowed("http://one.example", "example.org", listed));
    EXPECT_FALSE(origin_allowed("https://one.example:8443", "example.org", listed));
    const std::vector<std::string> all = {"*"};
    EXPECT_TRUE(origin_allowed("https://evil.example", "example.org", all));
}

}  // namespace
}  // namespace longwire::protocol
