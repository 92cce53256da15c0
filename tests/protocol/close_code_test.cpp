#include <gtest/gtest.h>
#include <longwire/close_code.hpp>

#include <set>

namespace longwire {
namespace {

TEST(CloseCode, EveryNumberThatMayBeSent) {
    const std::set<int> of_the_registry = {1000, 1001, 1002, 1003, 1007, 1008,
                                           1009, 1010, 1011, 1012, 1013, 1014};
    for (int number = 0; number < 65536; ++number)
        EXPECT_EQ(may_be_sent(static_cast<CloseCode>(number)),
                  of_the_registry.contains(number) || (number >= 3000 && number < 5000))
            << number;
}

TEST(CloseCode, HasWords) {
    EXPECT_EQ(in_words(CloseCode::normal), "normal closure");
    EXPECT_EQ(in_words(CloseCode::message_too_big), "message too big");
    EXPECT_EQ(in_words(CloseCode{3000}), "registered code");
    EXPECT_EQ(in_words(CloseCode{4999}), "application code");
    EXPECT_EQ(in_words(CloseCode{5000}), "unknown code");
    EXPECT_EQ(in_words(CloseCode{1004}), "unknown code");
}

}  // namespace
}  // namespace longwire
