// Addresses, and networks of them, as people and proxies write them.
#include "http/ip_address.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace longwire::http {
namespace {

TEST(IpAddress, IsReadAndWrittenInTheUsualForm) {
    const auto written = [](std::string_view text) {
        const auto address = IpAddress::parse(text);
        return address ? address->to_text() : "none";
    };
    EXPECT_EQ(written("192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(written("2001:DB8:0:0::7"), "2001:db8::7");
    EXPECT_EQ(written("::1"), "::1");
    EXPECT_EQ(written("::ffff:192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(written("::ffff:c000:207"), "192.0.2.7");
    for (const std::string_view wrong :
         {"", "unknown", "192.0.2", "192.0.2.256", "192.0.2.07", "0x7f.0.0.1", "127.1",
          "192.0.2.7 ", " 192.0.2.7", "192.0.2.7:80", "[::1]", "fe80::1%eth0", ":::",
          "1:2:3:4:5:6:7:8:9", "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000"})
        EXPECT_EQ(written(wrong), "none") << wrong;
    EXPECT_EQ(written(std::string_view("192.0.2.7\0x", 11)), "none");
}

TEST(IpNetwork, HasWhatBeginsWithItsBits) {
    const auto has = [](std::string_view network, std::string_view address) {
        return IpNetwork::parse(network)->contains(*IpAddress::parse(address));
    };
    EXPECT_TRUE(has("10.0.0.0/8", "10.255.1.2"));
    EXPECT_FALSE(has("10.0.0.0/8", "11.0.0.0"));
    EXPECT_TRUE(has("10.9.9.9/8", "10.1.1.1"));
    EXPECT_TRUE(has("192.0.2.128/25", "192.0.2.129"));
    EXPECT_FALSE(has("192.0.2.128/25", "192.0.2.127"));
    EXPECT_TRUE(has("192.0.2.7", "192.0.2.7"));
    EXPECT_FALSE(has("192.0.2.7", "192.0.2.6"));
    EXPECT_TRUE(has("192.0.2.7/32", "::ffff:192.0.2.7"));
    EXPECT_TRUE(has("::ffff:10.0.0.0/104", "10.1.1.1"));
    EXPECT_TRUE(has("0.0.0.0/0", "8.8.8.8"));
    EXPECT_FALSE(has("0.0.0.0/0", "::1"));
    EXPECT_TRUE(has("2001:db8::/33", "2001:db8:7fff::1"));
    EXPECT_FALSE(has("2001:db8::/33", "2001:db8:8000::1"));
    EXPECT_TRUE(has("::/0", "2001:db8::1"));
    // Not by their mapped form.
    EXPECT_FALSE(has("::/0", "192.0.2.7"));
    EXPECT_FALSE(has("::/64", "192.0.2.7"));
}

TEST(IpNetwork, IsReadOrNot) {
    for (const std::string_view wrong :
         {"", "/", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/8 ",
          "10.0.0.0/8/8", "10/8", "::/129", "[::]/0", "10.0.0.0/255.0.0.0", "localhost"})
        EXPECT_FALSE(IpNetwork::parse(wrong)) << wrong;
    EXPECT_EQ(IpNetwork::parse("10.9.9.9/8")->to_text(), "10.0.0.0/8");
    EXPECT_EQ(IpNetwork::parse("2001:db8::9/32")->to_text(), "2001:db8::/32");
    EXPECT_EQ(IpNetwork::parse("192.0.2.7")->to_text(), "192.0.2.7/32");
}

TEST(AddressOfPeer, HasNoPortAndNoBrackets) {
    EXPECT_EQ(address_of_peer("192.0.2.7:54321"), "192.0.2.7");
    EXPECT_EQ(address_of_peer("[2001:db8::7]:54321"), "2001:db8::7");
    EXPECT_EQ(address_of_peer("[::ffff:192.0.2.7]:54321"), "192.0.2.7");
    EXPECT_EQ(address_of_peer("[::ffff:1]:54321"), "::ffff:1");
    EXPECT_EQ(address_of_peer("unix"), "unix");
    EXPECT_EQ(address_of_peer("unix:/run/a:b"), "unix");
    EXPECT_EQ(address_of_peer(""), "");
}

TEST(CountedAddress, IsANetworkOfWhichOneClientHasAllAddresses) {
    EXPECT_EQ(counted_address("192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(counted_address("::ffff:192.0.2.7"), "::ffff:192.0.2.7");
    EXPECT_EQ(counted_address("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    EXPECT_EQ(counted_address("2001:db8:1:2::"), counted_address("2001:db8:1:2:ffff::1"));
    EXPECT_NE(counted_address("2001:db8:1:3::1"), counted_address("2001:db8:1:2::1"));
    EXPECT_EQ(counted_address("::1"), "::/64");
    EXPECT_EQ(counted_address("unix"), "unix");
    EXPECT_EQ(counted_address(""), "");
}

}  // namespace
}  // namespace longwire::http
