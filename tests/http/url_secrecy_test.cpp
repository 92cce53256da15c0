// No message about a broken URL shows the password in it, however the URL is broken. (Found by
// fuzzing: one slash or three, and passwords so long that the '@' behind them was cut off.)
#include "http/url.hpp"

#include <gtest/gtest.h>

#include <string>

namespace longwire::http {
namespace {

std::string words_about(const std::string& url) {
    const auto parsed = parse_url(url);
    return parsed ? "" : std::string(parsed.error().message());
}

TEST(UrlSecrecy, HoldsWhateverIsWrong) {
    for (const std::string front : {"", "ws:", "ws:/", "ws:///", "ws:////", "ftp://", "/", "//"})
        for (const std::string back :
             {"@host/", "@host:0/", "@/", "@h#f", "@h\\", "@a://b", "%zz@h"})
            EXPECT_EQ(words_about(front + "me:secret" + back).find("secret"), std::string::npos)
                << front << "me:secret" << back;
}

TEST(UrlSecrecy, HoldsForAPasswordOfAnyLength) {
    for (const std::size_t size : {10U, 180U, 200U, 300U, 5000U}) {
        const std::string words =
            words_about("ws://me:secret" + std::string(size, 'x') + "@host:0/");
        EXPECT_EQ(words.find("secret"), std::string::npos) << words;
        EXPECT_NE(words.find("***@host:0/"), std::string::npos) << words;
        EXPECT_LT(words.size(), 500U);
    }
}

}  // namespace
}  // namespace longwire::http
