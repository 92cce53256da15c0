#include "net/admission.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace longwire::net {
namespace {

Address address(const std::string& text) {
    const auto parsed = Address::from_numeric(text, 1234);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(Address());
}

TEST(Admission, LetsInAsManyAsItMayAndAgainWhenOneHasGone) {
    Admission admission({.connections = 2});
    auto first = admission.admit(address("192.0.2.1"));
    auto second = admission.admit(address("192.0.2.1"));
    ASSERT_TRUE(first && second);
    const auto third = admission.admit(address("192.0.2.2"));
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error(), Admission::Refusal::full);
    first = Admission::Place();
    EXPECT_EQ(admission.connections(), 1U);
    EXPECT_TRUE(admission.admit(address("192.0.2.2")));
    EXPECT_EQ(admission.connections(), 1U);
}

TEST(Admission, CountsByNetwork) {
    Admission admission({.per_network = 2});
    std::vector<Admission::Place> places;
    const auto admits = [&](const std::string& text) {
        auto place = admission.admit(address(text));
        if (place) places.push_back(std::move(*place));
        return place.has_value();
    };
    EXPECT_TRUE(admits("192.0.2.1"));
    EXPECT_TRUE(admits("192.0.2.1"));
    EXPECT_FALSE(admits("192.0.2.1"));
    EXPECT_FALSE(admits("::ffff:192.0.2.1"));
    EXPECT_TRUE(admits("192.0.2.2"));
    EXPECT_TRUE(admits("2001:db8::1"));
    EXPECT_TRUE(admits("2001:db8:0:0:ffff::2"));
    EXPECT_FALSE(admits("2001:db8::3"));
    EXPECT_TRUE(admits("2001:db8:0:1::1"));
    EXPECT_EQ(admission.admit(address("192.0.2.1")).error(), Admission::Refusal::network_full);
    places.clear();
    EXPECT_EQ(admission.connections(), 0U);
    EXPECT_TRUE(admits("192.0.2.1"));
}

TEST(Admission, AUnixSocketIsOfNoNetwork) {
    Admission admission({.per_network = 1});
    const Address unix_socket = *Address::from_unix_path("/tmp/x");
    const auto first = admission.admit(unix_socket);
    EXPECT_TRUE(first && admission.admit(unix_socket));
}

}  // namespace
}  // namespace longwire::net
