#include "http/percent.hpp"

#include <gtest/gtest.h>

namespace longwire::http {
namespace {

TEST(Percent, decode) {
    EXPECT_EQ(percent_decode("a%20b%2f%2F%C3%BC+"), "a b//\xC3\xBC+");
    EXPECT_EQ(percent_decode(""), "");
    EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
    EXPECT_EQ(percent_decode("%2525"), "%25");
    for (const std::string_view bad : {"%", "a%", "%2", "%g0", "%0g", "%%20", "% 20"})
        EXPECT_EQ(percent_decode(bad), std::nullopt) << bad;
}

TEST(Percent, form_decode) {
    EXPECT_EQ(form_decode("a+b%2B%20c"), "a b+ c");
    EXPECT_EQ(form_decode("%"), "%");
    EXPECT_EQ(form_decode("%4"), "%4");
    EXPECT_EQ(form_decode("%zz%%41"), "%zz%A");
}

TEST(Percent, encode) {
    EXPECT_EQ(percent_encode("aZ09-._~"), "aZ09-._~");
    EXPECT_EQ(percent_encode("a b/ü%"), "a%20b%2F%C3%BC%25");
    EXPECT_EQ(percent_encode_target("/a?b=%20&c=d e\n"), "/a?b=%20&c=d%20e%0A");
    std::string all;
    for (int number = 0; number < 256; ++number) all.push_back(static_cast<char>(number));
    EXPECT_EQ(percent_decode(percent_encode(all)), all);
}

}  // namespace
}  // namespace longwire::http
