#include "http/basic_credentials.hpp"

#include <gtest/gtest.h>

#include <string>

namespace longwire::http {
namespace {

TEST(BasicCredentials, AreThoseOfRfc7617) {
    EXPECT_EQ(basic_credentials("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    EXPECT_EQ(basic_credentials("test", "123\xC2\xA3"), "Basic dGVzdDoxMjPCow==");
}

TEST(BasicCredentials, EncodeEveryLength) {
    EXPECT_EQ(basic_credentials("", ""), "Basic Og==");
    EXPECT_EQ(basic_credentials("a", ""), "Basic YTo=");
    EXPECT_EQ(basic_credentials("a", "b"), "Basic YTpi");
    EXPECT_EQ(basic_credentials("\xFF\xFE", "\xFD"), "Basic //46/Q==");
}

}  // namespace
}  // namespace longwire::http
