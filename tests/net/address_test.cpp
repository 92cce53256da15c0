#include "net/address.hpp"

#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>

#include <cstring>
#include <string>

namespace longwire::net {
namespace {

TEST(Address, ReadsAndWritesIpv4) {
    const auto address = Address::from_numeric("192.0.2.7", 8000);
    ASSERT_TRUE(address);
    EXPECT_EQ(address->to_text(), "192.0.2.7:8000");
    EXPECT_EQ(address->port(), 8000);
}

TEST(Address, AZoneIsAnInterface) {
    const auto zone_of = [](const Address& address) {
        sockaddr_in6 ipv6 = {};
        std::memcpy(&ipv6, address.data(), sizeof ipv6);
        return ipv6.sin6_scope_id;
    };
    const auto address = Address::from_numeric("fe80::1%lo", 80);
    ASSERT_TRUE(address);
    EXPECT_EQ(address->to_text(), "[fe80::1]:80");
    EXPECT_EQ(zone_of(*address), if_nametoindex("lo"));
    EXPECT_EQ(
        zone_of(*Address::from_numeric("fe80::1%" + std::to_string(if_nametoindex("lo")), 80)),
        if_nametoindex("lo"));
    EXPECT_FALSE(Address::from_numeric("fe80::1%nothere0", 80));
    EXPECT_FALSE(Address::from_numeric("fe80::1%", 80));
    EXPECT_FALSE(Address::from_numeric("127.0.0.1%lo", 80));
}

TEST(Address, WritesIpv6InBrackets) {
    const auto address = Address::from_numeric("2001:db8::7", 80);
    ASSERT_TRUE(address);
    EXPECT_EQ(address->to_text(), "[2001:db8::7]:80");
}

TEST(Address, NamesAreNotNumeric) {
    EXPECT_FALSE(Address::from_numeric("localhost", 80));
    EXPECT_FALSE(Address::from_numeric("", 80));
    EXPECT_FALSE(Address::from_numeric("192.0.2", 80));
}

TEST(Address, UnixPathsHaveALength) {
    const auto address = Address::from_unix_path("/tmp/x.sock");
    ASSERT_TRUE(address);
    EXPECT_EQ(address->to_text(), "unix:/tmp/x.sock");
    EXPECT_TRUE(Address::from_unix_path(std::string(107, 'x')));
    const auto long_path = Address::from_unix_path(std::string(108, 'x'));
    ASSERT_FALSE(long_path);
    EXPECT_EQ(long_path.error().code(), ErrorCode::invalid_argument);
    EXPECT_FALSE(Address::from_unix_path(""));
}

TEST(Address, AnUnknownNameSaysWhatToDo) {
    const auto addresses = addresses_to_listen_on("no.such.host.invalid", 80);
    ASSERT_FALSE(addresses);
    EXPECT_EQ(addresses.error().code(), ErrorCode::name_not_resolved);
    EXPECT_NE(addresses.error().message().find("no.such.host.invalid"), std::string::npos);
}

}  // namespace
}  // namespace longwire::net
