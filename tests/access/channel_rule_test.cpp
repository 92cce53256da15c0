#include "access/channel_rule.hpp"

#include <gtest/gtest.h>

#include <string>

namespace longwire::access {
namespace {

TEST(ChannelPattern, IsANameWhereItHasNoStar) {
    EXPECT_TRUE(matches("lobby", "lobby"));
    EXPECT_FALSE(matches("lobby", "lobby2"));
    EXPECT_FALSE(matches("lobby", "lobb"));
    EXPECT_TRUE(matches("", ""));
    EXPECT_FALSE(matches("", "a"));
}

TEST(ChannelPattern, TakesAnyCharactersForAStar) {
    EXPECT_TRUE(matches("*", ""));
    EXPECT_TRUE(matches("*", "anything"));
    EXPECT_TRUE(matches("chat.*", "chat."));
    EXPECT_TRUE(matches("chat.*", "chat.7.b"));
    EXPECT_FALSE(matches("chat.*", "chat"));
    EXPECT_TRUE(matches("*.price", "gold.price"));
    EXPECT_FALSE(matches("*.price", "gold.price.old"));
    EXPECT_TRUE(matches("a*b*c", "a-b-b-c"));
    EXPECT_FALSE(matches("a*b*c", "a-c-b"));
    EXPECT_TRUE(matches("a**", "a"));
}

TEST(ChannelPattern, CostsNoMoreThanBothLengths) {
    EXPECT_FALSE(matches("a*a*a*a*a*a*a*a*a*a*b", std::string(200, 'a')));
}

}  // namespace
}  // namespace longwire::access
