#include "protocol/masking.hpp"

#include "frames.hpp"
#include "protocol/masking_key.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <set>
#include <vector>

namespace longwire::protocol {
namespace {

TEST(Masking, IsTheXorOfTheRfcForEveryLengthAlignmentAndOffset) {
    for (std::size_t size = 0; size < 70; ++size)
        for (std::size_t start = 0; start < 8; ++start)
            for (std::size_t offset = 0; offset < 9; ++offset) {
                std::vector<std::byte> bytes(start + size + 8);
                for (std::size_t index = 0; index < bytes.size(); ++index)
                    bytes[index] = static_cast<std::byte>(index * 7);
                std::vector<std::byte> expected = bytes;
                for (std::size_t index = 0; index < size; ++index)
                    expected[start + index] ^= test_key[(index + offset) % 4];
                apply_mask(std::span(bytes).subspan(start, size), test_key, offset);
                ASSERT_EQ(bytes, expected) << size << " " << start << " " << offset;
            }
}

TEST(Masking, IsTheSameOnTheWayOfLongPayloads) {
    for (const std::size_t size : {255U, 256U, 257U, 263U, 264U, 1000U, 1024U, 4099U, 70'000U})
        for (std::size_t start = 0; start < 8; ++start) {
            const std::size_t offset = start + size;
            std::vector<std::byte> bytes(start + size + 64);
            for (std::size_t index = 0; index < bytes.size(); ++index)
                bytes[index] = static_cast<std::byte>(index * 7);
            std::vector<std::byte> expected = bytes;
            for (std::size_t index = 0; index < size; ++index)
                expected[start + index] ^= test_key[(index + offset) % 4];
            apply_mask(std::span(bytes).subspan(start, size), test_key, offset);
            ASSERT_EQ(bytes, expected) << size << " " << start;
        }
}

TEST(Masking, KeysAreFresh) {
    std::set<MaskingKey> keys;
    for (int count = 0; count < 2000; ++count) keys.insert(random_masking_key());
    // By chance two of 2,000 are the same once in 2,000 runs; three never.
    EXPECT_GE(keys.size(), 1998U);
}

TEST(Masking, AForkedProcessHasKeysOfItsOwn) {
    (void)random_masking_key();  // the pool is filled
    std::array<int, 2> ends = {};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const MaskingKey key = random_masking_key();
        const auto size = ::write(ends[1], key.data(), key.size());
        ::_exit(size == 4 ? 0 : 1);
    }
    MaskingKey of_the_child = {};
    ASSERT_EQ(::read(ends[0], of_the_child.data(), of_the_child.size()), 4);
    ::waitpid(child, nullptr, 0);
    ::close(ends[0]);
    ::close(ends[1]);
    EXPECT_NE(random_masking_key(), of_the_child);
}

}  // namespace
}  // namespace longwire::protocol
