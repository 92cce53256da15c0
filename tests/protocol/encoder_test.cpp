#include "protocol/encoder.hpp"

#include "frames.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace longwire::protocol {
namespace {

std::string frame(Opcode opcode, std::string_view payload, std::optional<MaskingKey> key) {
    std::vector<std::byte> bytes;
    append_frame(bytes, opcode, bytes_of(payload), key);
    return text_of(bytes);
}

TEST(Encoder, WritesTheExamplesOfTheRfc) {
    // RFC 6455, section 5.7.
    EXPECT_EQ(frame(Opcode::text, "Hello", std::nullopt),
              std::string("\x81\x05\x48\x65\x6c\x6c\x6f", 7));
    EXPECT_EQ(frame(Opcode::text, "Hello", test_key),
              std::string("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11));
    EXPECT_EQ(frame(Opcode::binary, std::string(256, '\0'), std::nullopt).substr(0, 4),
              std::string("\x82\x7E\x01\x00", 4));
    EXPECT_EQ(frame(Opcode::binary, std::string(65536, '\0'), std::nullopt).substr(0, 10),
              std::string("\x82\x7F\0\0\0\0\0\x01\0\0", 10));
}

TEST(Encoder, AppendsToWhatIsThere) {
    std::vector<std::byte> bytes(3);
    append_frame(bytes, Opcode::text, bytes_of("x"), test_key);
    append_frame(bytes, Opcode::text, bytes_of("y"));
    EXPECT_EQ(text_of(std::span(bytes).subspan(3, 2)), "\x81\x81");
    EXPECT_EQ(text_of(std::span(bytes).last(3)), "\x81\x01y");
}

}  // namespace
}  // namespace longwire::protocol
