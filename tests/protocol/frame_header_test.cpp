#include "protocol/frame_header.hpp"

#include "frames.hpp"

#include <gtest/gtest.h>

#include <string>

namespace longwire::protocol {
namespace {

using Status = ParsedHeader::Status;

ParsedHeader parse(std::string_view bytes, Role role) {
    return parse_frame_header(bytes_of(bytes), role);
}

TEST(FrameHeader, WhatIsWrittenIsRead) {
    for (const Role role : {Role::server, Role::client})
        for (const Opcode opcode : {Opcode::continuation, Opcode::text, Opcode::binary})
            for (const bool fin : {false, true})
                for (const std::uint64_t length :
                     {std::uint64_t{0}, std::uint64_t{125}, std::uint64_t{126},
                      std::uint64_t{65535}, std::uint64_t{65536}, (std::uint64_t{1} << 63) - 1}) {
                    std::array<std::byte, max_frame_header_size> bytes = {};
                    const FrameHeader header = {.payload_length = length,
                                                .masking_key = test_key,
                                                .opcode = opcode,
                                                .fin = fin,
                                                .masked = role == Role::server};
                    const std::size_t size = write_frame_header(bytes, header);
                    // Not before its last byte is there.
                    for (std::size_t part = 0; part < size; ++part)
                        EXPECT_EQ(parse_frame_header(std::span(bytes).first(part), role).status,
                                  Status::need_more);
                    const ParsedHeader parsed = parse_frame_header(bytes, role);
                    ASSERT_EQ(parsed.status, Status::complete);
                    EXPECT_EQ(parsed.size, size);
                    FrameHeader expected = header;
                    if (!header.masked) expected.masking_key = {};
                    EXPECT_EQ(parsed.header, expected);
                }
}

TEST(FrameHeader, Rsv1SaysThatAMessageIsCompressed) {
    std::array<std::byte, max_frame_header_size> bytes = {};
    EXPECT_EQ(write_frame_header(bytes, {.opcode = Opcode::text, .compressed = true}), 2U);
    EXPECT_EQ(bytes[0], std::byte{0xC1});
    const auto judged = [](std::string_view frame) {
        return parse_frame_header(bytes_of(frame), Role::client, Rsv1::compressed);
    };
    for (const std::string_view frame :
         {std::string_view("\xC1\0", 2), std::string_view("\x42\0", 2)}) {
        EXPECT_EQ(judged(frame).status, Status::complete);
        EXPECT_TRUE(judged(frame).header.compressed);
        EXPECT_EQ(parse(frame, Role::client).failure, &broken_rule::reserved_bit);
    }
    // Not on a continuation or a control frame, and not the other two bits (RFC 7692, section 6).
    for (const char* const wrong : {"\xC0", "\xC8", "\xC9", "\xCA", "\xA1", "\x91", "\xE1"})
        EXPECT_EQ(judged(wrong).failure, &broken_rule::reserved_bit);
}

TEST(FrameHeader, EveryFirstTwoBytesAreJudgedByTheRfc) {
    for (int first = 0; first < 256; ++first)
        for (int second = 0; second < 256; ++second)
            for (const Role role : {Role::server, Role::client}) {
                const int opcode = first & 0x0F;
                const bool control = opcode >= 8;
                const int length = second & 0x7F;
                const bool known = opcode <= 2 || (opcode >= 8 && opcode <= 10);
                const bool right = (first & 0x70) == 0 && known &&
                                   ((second & 0x80) != 0) == (role == Role::server) &&
                                   (!control || ((first & 0x80) != 0 && length <= 125));
                std::string bytes;
                bytes += static_cast<char>(first);
                bytes += static_cast<char>(second);
                const ParsedHeader parsed = parse(bytes, role);
                ASSERT_EQ(parsed.status != Status::failed, right) << first << " " << second;
                if (!right) {
                    ASSERT_NE(parsed.failure, nullptr);
                    EXPECT_EQ(parsed.failure->code, CloseCode::protocol_error);
                    EXPECT_LE(parsed.failure->reason.size(), 123U);
                    EXPECT_FALSE(parsed.failure->reason.empty());
                }
            }
}

TEST(FrameHeader, ABrokenRuleIsNamedAsSoonAsItsByteIsThere) {
    const auto broken_by = [](std::string_view bytes, Role role = Role::client) {
        return parse(bytes, role).failure;
    };
    for (const char* const reserved : {"\xC1", "\xA1", "\x91", "\xF1"})
        EXPECT_EQ(broken_by(reserved), &broken_rule::reserved_bit);
    for (const char* const reserved : {"\x83", "\x87", "\x8B", "\x8F", "\x03", "\x0B"})
        EXPECT_EQ(broken_by(reserved), &broken_rule::reserved_opcode);
    for (const char* const control : {"\x08", "\x09", "\x0A"})
        EXPECT_EQ(broken_by(control), &broken_rule::fragmented_control);
    EXPECT_EQ(broken_by("\x89\x7E"), &broken_rule::long_control);
    EXPECT_EQ(broken_by("\x88\xFF", Role::server), &broken_rule::long_control);
    EXPECT_EQ(broken_by("\x82\x85"), &broken_rule::masked);
    EXPECT_EQ(broken_by("\x82\x05", Role::server), &broken_rule::not_masked);
    EXPECT_EQ(broken_by(std::string_view("\x82\x7E\x00\x7D", 4)), &broken_rule::longer_form);
    EXPECT_EQ(broken_by(std::string_view("\x82\x7F\xFF\0\0\0\0\0\0\0", 10)), &broken_rule::top_bit);
}

TEST(FrameHeader, ALengthMustBeInItsShortestForm) {
    EXPECT_EQ(parse(std::string("\x82\x7E\x00\x7D", 4), Role::client).status, Status::failed);
    EXPECT_EQ(parse(std::string("\x82\x7E\x00\x7E", 4), Role::client).status, Status::complete);
    EXPECT_EQ(parse(std::string("\x82\x7F\0\0\0\0\0\0\xFF\xFF", 10), Role::client).status,
              Status::failed);
    EXPECT_EQ(parse(std::string("\x82\x7F\0\0\0\0\0\x01\0\0", 10), Role::client).status,
              Status::complete);
}

TEST(FrameHeader, TheTopBitOfALengthMustBeZero) {
    EXPECT_EQ(parse(std::string("\x82\x7F\x80\0\0\0\0\0\0\0", 10), Role::client).status,
              Status::failed);
}

}  // namespace
}  // namespace longwire::protocol
