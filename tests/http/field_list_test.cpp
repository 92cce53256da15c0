#include "http/field_list.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace longwire::http {
namespace {

constexpr std::array<HeaderField, 4> fields = {{
    {"Connection", "keep-alive, ,\tUpgrade ,"},
    {"X", "close"},
    {"connection", "TE"},
    {"Empty", ""},
}};

TEST(FieldList, members_of_all_fields_of_a_name) {
    std::vector<std::string> members;
    for_each_member(fields, "CONNECTION",
                    [&](std::string_view member) { members.emplace_back(member); });
    EXPECT_EQ(members, (std::vector<std::string>{"keep-alive", "Upgrade", "TE"}));
}

TEST(FieldList, contains_token) {
    EXPECT_TRUE(contains_token(fields, "Connection", "upgrade"));
    EXPECT_TRUE(contains_token(fields, "Connection", "te"));
    EXPECT_FALSE(contains_token(fields, "Connection", "close"));
    EXPECT_FALSE(contains_token(fields, "Connection", "keep"));
    EXPECT_FALSE(contains_token(fields, "Connection", ""));
    EXPECT_FALSE(contains_token(fields, "Empty", ""));
    EXPECT_FALSE(contains_token(fields, "Absent", "x"));
}

TEST(FieldList, first_value_and_count) {
    EXPECT_EQ(first_value(fields, "x"), "close");
    EXPECT_EQ(first_value(fields, "Empty"), "");
    EXPECT_EQ(first_value(fields, "Absent"), std::nullopt);
    EXPECT_EQ(count_fields(fields, "connection"), 2U);
    EXPECT_EQ(count_fields(fields, "Absent"), 0U);
}

}  // namespace
}  // namespace longwire::http
