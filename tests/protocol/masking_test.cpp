#include "protocol/masking.hpp"

#include "frames.hpp"
#include "protocol/masking_key.hpp"

#include <gtest/gtest.h>

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

TEST(Masking, KeysAreFresh) {
    std::set<MaskingKey> keys;
    for (int count = 0; count < 2000; ++count) keys.insert(random_masking_key());
    // By chance two of 2,000 are the same once in 2,000 runs; three never.
    EXPECT_GE(keys.size(), 1998U);
}

}  // namespace
}  // namespace longwire::protocol
