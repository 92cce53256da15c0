// What a decoder says of a frame that has not come whole, so that a slow peer can be told from a
// busy one, and what it holds meanwhile.
#include "frames.hpp"

#include <gtest/gtest.h>

#include <string>

namespace longwire::protocol {
namespace {

void decode(Decoder& decoder, std::string bytes) {
    Recorder recorder;
    const Decoded result =
        decoder.decode({reinterpret_cast<std::byte*>(bytes.data()), bytes.size()}, recorder);
    EXPECT_EQ(result.failure, nullptr);
}

TEST(UnfinishedFrame, IsThereFromItsFirstByteToItsLast) {
    const ConnectionLimits limits;
    for (const Role role : {Role::server, Role::client}) {
        Decoder decoder(role, limits);
        EXPECT_FALSE(decoder.unfinished_frame());
        const std::string frame = frame_for(role, Opcode::text, std::string(300, 'x'));
        const std::size_t header = frame.size() - 300;
        for (std::size_t size = 1; size < frame.size(); ++size) {
            decode(decoder, frame.substr(size - 1, 1));
            const auto unfinished = decoder.unfinished_frame();
            ASSERT_TRUE(unfinished) << size;
            EXPECT_EQ(unfinished->length, size < header ? 0U : 300U) << size;
            EXPECT_GT(unfinished->received, 0U);
            EXPECT_LE(unfinished->received, size);
            EXPECT_GT(decoder.held(), 0U);
        }
        decode(decoder, frame.substr(frame.size() - 1));
        EXPECT_FALSE(decoder.unfinished_frame());
        EXPECT_EQ(decoder.held(), 0U);
    }
}

TEST(UnfinishedFrame, GrowsWithEachByte) {
    const ConnectionLimits limits;
    Decoder decoder(Role::client, limits);
    const std::string frame = frame_for(Role::client, Opcode::binary, std::string(100, 'x'));
    decode(decoder, frame.substr(0, 2));
    for (std::uint64_t received = 2; received < 101; ++received) {
        EXPECT_EQ(decoder.unfinished_frame()->received, received);
        decode(decoder, frame.substr(received, 1));
    }
}

TEST(UnfinishedFrame, IsNoneBetweenTheFragmentsOfAMessage) {
    const ConnectionLimits limits;
    Decoder decoder(Role::server, limits);
    decode(decoder, frame_for(Role::server, Opcode::text, "half", false));
    EXPECT_FALSE(decoder.unfinished_frame());
    EXPECT_GE(decoder.held(), 4U);
    decode(decoder, frame_for(Role::server, Opcode::continuation, "half"));
    EXPECT_EQ(decoder.held(), 0U);
}

TEST(UnfinishedFrame, HoldsWhatCameAndNotWhatIsClaimed) {
    const ConnectionLimits limits = {.max_message_size = std::size_t{1} << 40U};
    Decoder decoder(Role::client, limits);
    decode(decoder, std::string("\x82\x7F\0\0\0\xFF\0\0\0\0abc", 13));
    EXPECT_EQ(decoder.unfinished_frame()->length, std::uint64_t{0xFF} << 32U);
    EXPECT_LT(decoder.held(), 1024U);
}

}  // namespace
}  // namespace longwire::protocol
