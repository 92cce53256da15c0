#include "protocol/payload_buffer.hpp"

#include "protocol/payload_copy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <thread>
#include <utility>
#include <vector>

namespace longwire::protocol {
namespace {

std::vector<std::byte> pattern(std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t at = 0; at < size; ++at)
        bytes[at] = static_cast<std::byte>(at * 31 + at / 256);
    return bytes;
}

/// On a thread of its own, which keeps nothing yet.
template <class Run>
void on_a_new_thread(Run run) {
    std::thread(run).join();
}

TEST(PayloadBuffer, HoldsWhatWasAppended) {
    const auto whole = pattern(300'000);
    PayloadBuffer buffer;
    EXPECT_TRUE(buffer.empty());
    for (std::size_t at = 0; at < whole.size(); at += 7777)
        buffer.append(std::span(whole).subspan(at, std::min<std::size_t>(7777, whole.size() - at)));
    ASSERT_EQ(buffer.size(), whole.size());
    EXPECT_TRUE(std::ranges::equal(buffer.bytes(), whole));
    PayloadBuffer moved = std::move(buffer);
    EXPECT_EQ(moved.size(), whole.size());
    EXPECT_TRUE(std::ranges::equal(moved.bytes(), whole));
}

TEST(PayloadBuffer, GrowsByWhatHasCome) {
    PayloadBuffer buffer;
    buffer.append(pattern(100));
    EXPECT_EQ(buffer.capacity(), 100U);
    buffer.append(pattern(1));
    EXPECT_EQ(buffer.capacity(), 200U);
}

TEST(PayloadBuffer, WhatIsLargeIsUsedAgain) {
    on_a_new_thread([] {
        const std::byte* first = nullptr;
        {
            PayloadBuffer buffer;
            buffer.append(pattern(100'000));
            first = buffer.bytes().data();
        }
        EXPECT_TRUE(PayloadBuffer::keeps_any());
        PayloadBuffer next;
        next.append(pattern(10));
        EXPECT_NE(next.bytes().data(), first);
        next.append(pattern(70'000));
        EXPECT_EQ(next.bytes().data(), first);
        EXPECT_EQ(next.size(), 70'010U);
        EXPECT_EQ(next.bytes()[5], pattern(10)[5]);
        EXPECT_EQ(next.bytes()[70'009], pattern(70'000)[69'999]);
        EXPECT_FALSE(PayloadBuffer::keeps_any());
    });
}

TEST(PayloadBuffer, WhatIsSmallIsNotKept) {
    on_a_new_thread([] {
        {
            PayloadBuffer().append(pattern(60'000));
        }
        EXPECT_FALSE(PayloadBuffer::keeps_any());
    });
}

TEST(PayloadBuffer, AThreadKeepsNoMoreThanItsBound) {
    on_a_new_thread([] {
        {
            std::vector<PayloadBuffer> buffers(20);
            for (PayloadBuffer& buffer : buffers) buffer.append(pattern(1'000'000));
        }
        std::vector<PayloadBuffer> again;
        while (PayloadBuffer::keeps_any()) {
            again.emplace_back().append(pattern(64 * 1024));
            ASSERT_LE(again.size() * 1'000'000, PayloadBuffer::most_kept);
        }
        EXPECT_EQ(again.size(), 8U);
    });
}

TEST(PayloadBuffer, WhatIsNotNeededIsGivenBack) {
    on_a_new_thread([] {
        {
            std::vector<PayloadBuffer> buffers(3);
            for (PayloadBuffer& buffer : buffers) buffer.append(pattern(100'000));
        }
        EXPECT_TRUE(PayloadBuffer::release_unneeded());
        // One is in use, now and then.
        {
            PayloadBuffer().append(pattern(100'000));
        }
        EXPECT_TRUE(PayloadBuffer::release_unneeded());
        EXPECT_FALSE(PayloadBuffer::release_unneeded());
        EXPECT_FALSE(PayloadBuffer::keeps_any());
    });
}

TEST(PayloadCopy, CopiesEverySize) {
    const auto from = pattern(300);
    for (std::size_t size = 0; size <= from.size(); ++size) {
        std::vector<std::byte> to(size + 1, std::byte{0xEE});
        copy_payload(to.data(), from.data(), size);
        EXPECT_TRUE(
            std::equal(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(size), to.begin()))
            << size;
        EXPECT_EQ(to.back(), std::byte{0xEE}) << size;
    }
}

}  // namespace
}  // namespace longwire::protocol
