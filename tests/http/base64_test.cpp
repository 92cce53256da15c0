#include "http/base64.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

namespace longwire::http {
namespace {

// RFC 4648, section 10.
TEST(Base64, IsThatOfTheStandard) {
    EXPECT_EQ(to_base64(""), "");
    EXPECT_EQ(to_base64("f"), "Zg==");
    EXPECT_EQ(to_base64("fo"), "Zm8=");
    EXPECT_EQ(to_base64("foo"), "Zm9v");
    EXPECT_EQ(to_base64("foobar"), "Zm9vYmFy");
    EXPECT_FALSE(from_base64("Zm9*"));
    EXPECT_FALSE(from_base64("Z"));
}

TEST(Base64, IsReadAsItIsWritten) {
    for (std::size_t size = 0; size < 300; ++size) {
        std::string bytes;
        for (std::size_t at = 0; at < size; ++at) bytes += static_cast<char>(at * 7 + size);
        std::string text;
        append_base64(text, bytes);
        EXPECT_EQ(from_base64(text), bytes);
        EXPECT_EQ(text.size() % 4, 0U);
        while (text.ends_with('=')) text.pop_back();
        EXPECT_EQ(from_base64(text), bytes);
    }
}

}  // namespace
}  // namespace longwire::http
