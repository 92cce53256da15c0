#include "http/date.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>

namespace longwire::http {
namespace {

constexpr std::pair<std::time_t, std::string_view> known[] = {
    {784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},  // the example of RFC 9110, section 5.6.7
    {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
    {-1, "Wed, 31 Dec 1969 23:59:59 GMT"},
    {951782400, "Tue, 29 Feb 2000 00:00:00 GMT"},
    {4294967296, "Sun, 07 Feb 2106 06:28:16 GMT"},
    {253402300799, "Fri, 31 Dec 9999 23:59:59 GMT"},
};

TEST(Date, format_and_parse_known_dates) {
    for (const auto& [time, text] : known) {
        EXPECT_EQ(format_imf_fixdate(time), text);
        EXPECT_EQ(parse_imf_fixdate(text), time) << text;
    }
}

TEST(Date, of_the_same_second_is_the_same_until_another_is_asked_for) {
    EXPECT_EQ(imf_fixdate_at(0), format_imf_fixdate(0));
    for (const std::time_t time : {784111777, 784111777, 784111778, 784111777, 0, -1})
        EXPECT_EQ(imf_fixdate_at(time), format_imf_fixdate(time));
    const auto first = imf_fixdate_at(784111777);
    EXPECT_EQ(imf_fixdate_at(784111777).data(), first.data());
}

TEST(Date, format_stays_within_four_digits) {
    EXPECT_EQ(format_imf_fixdate(std::numeric_limits<std::time_t>::max()),
              "Fri, 31 Dec 9999 23:59:59 GMT");
    EXPECT_EQ(format_imf_fixdate(std::numeric_limits<std::time_t>::min()),
              "Sat, 01 Jan 0000 00:00:00 GMT");
}

TEST(Date, parse_refuses_all_else) {
    for (const std::string_view text :
         {"", "Sun, 06 Nov 1994 08:49:37 GM", "Sun, 06 Nov 1994 08:49:37 GMT ",
          "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 Nov 1994 24:49:37 GMT",
          "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
          "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT",
          "Sun, 29 Feb 1995 08:49:37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 08.49.37 GMT", "Sun; 06 Nov 1994 08:49:37 GMT",
          "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"})
        EXPECT_EQ(parse_imf_fixdate(text), std::nullopt) << text;
}

}  // namespace
}  // namespace longwire::http
