#include "protocol/utf8.hpp"

#include "frames.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace longwire::protocol {
namespace {

/// RFC 3629 said as plainly as it can be: the code point is decoded, and judged.
bool oracle(std::string_view text) {
    for (std::size_t place = 0; place < text.size();) {
        const auto first = static_cast<unsigned char>(text[place]);
        const int size = first < 0x80       ? 1
                         : first >> 5 == 6  ? 2
                         : first >> 4 == 14 ? 3
                         : first >> 3 == 30 ? 4
                                            : 0;
        if (size == 0 || place + static_cast<std::size_t>(size) > text.size()) return false;
        unsigned long point = size == 1 ? first : first & (0x7FU >> size);
        for (int index = 1; index < size; ++index) {
            const auto next =
                static_cast<unsigned char>(text[place + static_cast<std::size_t>(index)]);
            if (next >> 6 != 2) return false;
            point = point << 6 | (next & 0x3FU);
        }
        constexpr unsigned long lowest[] = {0, 0, 0x80, 0x800, 0x10000};
        if (point < lowest[size] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF))
            return false;
        place += static_cast<std::size_t>(size);
    }
    return true;
}

bool validates(std::string_view text, std::size_t cut) {
    Utf8Validator validator;
    return validator.feed(bytes_of(text.substr(0, cut))) &&
           validator.feed(bytes_of(text.substr(cut))) && validator.complete();
}

void expect_like_oracle(std::string_view text) {
    const bool expected = oracle(text);
    ASSERT_EQ(is_valid_utf8(bytes_of(text)), expected) << testing::PrintToString(text);
    for (std::size_t cut = 0; cut <= text.size(); ++cut)
        ASSERT_EQ(validates(text, cut), expected) << testing::PrintToString(text) << cut;
}

TEST(Utf8, EverySequenceOfOneToThreeBytes) {
    std::string text;
    for (int first = 0; first < 256; ++first) {
        text = {static_cast<char>(first)};
        expect_like_oracle(text);
        for (int second = 0; second < 256; ++second) {
            text = {static_cast<char>(first), static_cast<char>(second)};
            expect_like_oracle(text);
        }
    }
    // Three bytes: every one that begins like a longer character, and at the edges of the third.
    for (int first = 0xC0; first < 256; ++first)
        for (int second = 0; second < 256; ++second)
            for (const int third : {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF}) {
                text = {static_cast<char>(first), static_cast<char>(second),
                        static_cast<char>(third)};
                expect_like_oracle(text);
            }
}

TEST(Utf8, EverySequenceOfThreeBytes) {
    std::string text(3, '\0');
    std::size_t wrong = 0;
    for (int sequence = 0; sequence < 1 << 24; ++sequence) {
        text[0] = static_cast<char>(sequence >> 16);
        text[1] = static_cast<char>(sequence >> 8);
        text[2] = static_cast<char>(sequence);
        if (is_valid_utf8(bytes_of(text)) != oracle(text)) ++wrong;
    }
    EXPECT_EQ(wrong, 0U);
}

TEST(Utf8, SequencesOfFourBytesAtTheirEdges) {
    for (int first = 0xEF; first < 256; ++first)
        for (int second = 0x70; second < 0xD0; ++second)
            for (const int third : {0x7F, 0x80, 0xBF, 0xC0})
                for (const int fourth : {0x7F, 0x80, 0xBF, 0xC0})
                    expect_like_oracle(
                        std::string{static_cast<char>(first), static_cast<char>(second),
                                    static_cast<char>(third), static_cast<char>(fourth)});
}

TEST(Utf8, FailsAtTheFirstByteThatCannotBeRight) {
    for (const char* const hopeless : {"\xC0", "\xC1", "\xF5", "\xFF", "\x80", "\xE0\x80",
                                       "\xED\xA0", "\xF0\x8F", "\xF4\x90", "\xE2\x28"}) {
        Utf8Validator validator;
        EXPECT_FALSE(validator.feed(bytes_of(hopeless))) << testing::PrintToString(hopeless);
    }
    for (const char* const hopeful :
         {"\xC2", "\xE0\xA0", "\xED\x9F", "\xF0\x90", "\xF4\x8F", "\xF4\x8F\xBF"}) {
        Utf8Validator validator;
        EXPECT_TRUE(validator.feed(bytes_of(hopeful))) << testing::PrintToString(hopeful);
        EXPECT_FALSE(validator.complete());
    }
}

TEST(Utf8, LongTextsWithAnErrorAnywhere) {
    std::string text;
    while (text.size() < 300) text += "plain Gr\xC3\xBC\xC3\x9F\x65 \xE2\x82\xAC \xF0\x9F\x9A\x80";
    expect_like_oracle(text);
    for (std::size_t place = 0; place < text.size(); ++place) {
        std::string broken = text;
        broken[place] = '\xFF';
        ASSERT_FALSE(is_valid_utf8(bytes_of(broken))) << place;
        ASSERT_FALSE(validates(broken, broken.size() / 2)) << place;
    }
}

// Around the sizes where another way of validating takes over.
TEST(Utf8, EverySizeWithOneCharacterAnywhere) {
    for (std::size_t size = 1; size < 140; ++size)
        for (std::size_t place = 0; place < size; ++place) {
            std::string text(size, 'x');
            for (const std::string_view character : {"\xC3\xA9", "\xF0\x9F\x9A\x80"}) {
                text.replace(place, character.size(), character);
                ASSERT_TRUE(is_valid_utf8(bytes_of(text))) << size << " " << place;
                ASSERT_TRUE(validates(text, text.size() / 2)) << size << " " << place;
                text.pop_back();
                ASSERT_EQ(is_valid_utf8(bytes_of(text)), oracle(text)) << size << " " << place;
                text.assign(size, 'x');
            }
            text[place] = '\x80';
            ASSERT_FALSE(is_valid_utf8(bytes_of(text))) << size << " " << place;
            ASSERT_FALSE(validates(text, text.size() / 2)) << size << " " << place;
        }
}

TEST(Utf8, RandomBytesInRandomPieces) {
    std::mt19937 random(5);
    const std::string characters[] = {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x9A\x80",
                                      "\xED\x9F\xBF"};
    for (int round = 0; round < 3000; ++round) {
        std::string text;
        for (std::uint_fast32_t count = random() % 60; count > 0; --count)
            text += characters[random() % 5];
        if (!text.empty() && random() % 3 == 0)
            text[random() % text.size()] = static_cast<char>(random());
        const bool expected = oracle(text);
        Utf8Validator validator;
        bool valid = true;
        for (std::size_t place = 0; valid && place < text.size();) {
            const std::size_t size = 1 + random() % 50;
            valid = validator.feed(bytes_of(std::string_view(text).substr(place, size)));
            place += size;
        }
        ASSERT_EQ(valid && validator.complete(), expected) << testing::PrintToString(text);
    }
}

}  // namespace
}  // namespace longwire::protocol
