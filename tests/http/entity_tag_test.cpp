#include "http/entity_tag.hpp"

#include <gtest/gtest.h>

namespace longwire::http {
namespace {

TEST(EntityTag, names_a_tag_by_weak_comparison) {
    for (const std::string_view value :
         {"*", " * ", "\"a\"", "W/\"a\"", "\"b\", \"a\"", "\"b\",W/\"a\" , \"c\"", ",, \"a\",",
          "\"x,y\", \"a\"", "\"\",\"a\""}) {
        EXPECT_TRUE(if_none_match(value, "\"a\"")) << value;
        EXPECT_TRUE(if_none_match(value, "W/\"a\"")) << value;
    }
}

TEST(EntityTag, does_not_name_another) {
    for (const std::string_view value :
         {"", " ", ",", "a", "\"A\"", "\"a", "\"b\"", "w/\"a\"", "W/ \"a\"", "\"b\" \"a\"",
          "\"b,\"a\"", "**", "*, \"a\"", "\"x\"a\"", "\"aa\"", "\"\"", "W/"})
        EXPECT_FALSE(if_none_match(value, "\"a\"")) << value;
}

TEST(EntityTag, a_comma_within_a_tag_does_not_part_it) {
    EXPECT_TRUE(if_none_match("\"x\", \"a,b\"", "\"a,b\""));
    EXPECT_FALSE(if_none_match("\"a,b\"", "\"a\""));
}

}  // namespace
}  // namespace longwire::http
