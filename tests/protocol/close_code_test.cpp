#include <gtest/gtest.h>
#include <longwire/close_code.hpp>

#include <set>
#include <string_view>

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

TEST(CloseCode, EveryNumberHasWordsOfItsOwnOrThoseOfItsRange) {
    std::set<std::string_view> seen;
    for (int number = 0; number < 65536; ++number) {
        const std::string_view words = in_words(static_cast<CloseCode>(number));
        if (number >= 1000 && number <= 1015 && number != 1004)
            EXPECT_TRUE(seen.insert(words).second) << number;
        else if (number >= 3000 && number <= 3999)
            EXPECT_EQ(words, "registered code") << number;
        else if (number >= 4000 && number <= 4999)
            EXPECT_EQ(words, "application code") << number;
        else
            EXPECT_EQ(words, "unknown code") << number;
    }
    EXPECT_FALSE(seen.contains("unknown code"));
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
