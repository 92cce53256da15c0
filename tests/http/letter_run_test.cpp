#include "http/letter_run.hpp"

#include "transcript.hpp"

#include <gtest/gtest.h>

#include <string>

namespace longwire::http::testing {
namespace {

TEST(LetterRun, ends_at_whatever_byte_is_none_of_its_letters_and_wherever_that_stands) {
    constexpr std::size_t size = 21;  // two words and a rest
    // What stands behind it must not count, nor what stands before it.
    for (const char around : {' ', '~', '\x7E', 'a', '@'})
        for (std::size_t at = 0; at < size; ++at)
            for (int number = 0; number < 256; ++number) {
                const char letter = static_cast<char>(number);
                std::string text(size, around);
                text[at] = letter;
                const bool ascii = number >= 0x20 && number < 0x7F;
                const bool printable = ascii || number >= 0x80;
                EXPECT_EQ(printable_run<Beyond::none>(bytes_of(text)), ascii ? size : at) << number;
                EXPECT_EQ(printable_run<Beyond::all>(bytes_of(text)), printable ? size : at)
                    << number;
                EXPECT_EQ(printable, is_value_letter(letter) && letter != '\t');
            }
}

TEST(LetterRun, of_several_that_end_it_the_first_counts) {
    for (const std::string_view two : {"\x01\x7F", "\x7F\x01", "\x1F\x20", "\x7F\x80", "\x20\x1F"})
        for (std::size_t at = 0; at < 14; ++at) {
            std::string text(16, 'x');
            text.replace(at, 2, two);
            std::size_t first = at;
            while (first < text.size() && is_value_letter(text[first])) ++first;
            EXPECT_EQ(printable_run<Beyond::all>(bytes_of(text)), first) << at;
        }
}

TEST(LetterRun, a_token_ends_at_the_first_other_letter) {
    EXPECT_EQ(token_run(bytes_of("")), 0U);
    EXPECT_EQ(token_run(bytes_of("X-Name")), 6U);
    EXPECT_EQ(token_run(bytes_of("X-Name: value")), 6U);
    EXPECT_EQ(token_run(bytes_of(":")), 0U);
    for (int number = 0; number < 256; ++number) {
        const std::string letter(1, static_cast<char>(number));
        constexpr std::string_view tchar =
            "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
        EXPECT_EQ(token_run(bytes_of(letter)), tchar.find(letter) == tchar.npos ? 0U : 1U);
    }
}

}  // namespace
}  // namespace longwire::http::testing
