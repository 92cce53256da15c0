#include "net/backlog.hpp"

#include "bytes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <string_view>

namespace longwire::net {
namespace {

std::string content(const Backlog& backlog) {
    std::array<iovec, 64> vectors = {};
    std::string text;
    const std::size_t count = backlog.gather(vectors);
    for (std::size_t index = 0; index < count; ++index)
        text.append(static_cast<const char*>(vectors[index].iov_base), vectors[index].iov_len);
    return text;
}

TEST(Backlog, KeepsTheOrderOfCopiedAndSharedBytes) {
    std::size_t held = 0;
    Backlog backlog(held);
    backlog.append(bytes_of("one "));
    const auto shared = std::make_shared<const std::string>("two ");
    backlog.append_shared(shared, bytes_of(*shared));
    backlog.append(bytes_of("three"));
    EXPECT_EQ(content(backlog), "one two three");
    EXPECT_EQ(backlog.size(), 13U);
}

TEST(Backlog, LetsGoOfWhatItShared) {
    std::size_t held = 0;
    Backlog backlog(held);
    auto shared = std::make_shared<const std::string>("shared");
    backlog.append_shared(shared, bytes_of(*shared));
    EXPECT_EQ(shared.use_count(), 2);
    backlog.consume(5);
    EXPECT_EQ(shared.use_count(), 2);
    backlog.consume(1);
    EXPECT_EQ(shared.use_count(), 1);
    EXPECT_TRUE(backlog.empty());
}

TEST(Backlog, CountsWhatItKeeps) {
    std::size_t held = 0;
    {
        Backlog backlog(held);
        backlog.append(bytes_of("head"), bytes_of("payload"));
        EXPECT_EQ(content(backlog), "headpayload");
        EXPECT_EQ(held, 11U);
        const auto shared = std::make_shared<const std::string>("123456789");
        const auto other = shared;
        backlog.append_shared(shared, bytes_of(*shared));
        EXPECT_EQ(held, 11U + 9 / 3);  // one part of three
        backlog.consume(10);
        EXPECT_EQ(held, 11U + 3);  // the piece is kept as a whole
        backlog.consume(1);
        EXPECT_EQ(held, 3U);
    }
    EXPECT_EQ(held, 0U);
}

TEST(Backlog, CanBeUsedAgain) {
    std::size_t held = 0;
    Backlog backlog(held);
    auto shared = std::make_shared<const std::string>("shared");
    for (int round = 0; round < 3; ++round) {
        backlog.append(bytes_of("copied "));
        backlog.append_shared(shared, bytes_of(*shared));
        EXPECT_EQ(content(backlog), "copied shared");
        if (round == 1)
            backlog.consume(13);
        else
            backlog.clear();
        EXPECT_TRUE(backlog.empty());
        EXPECT_EQ(content(backlog), "");
        EXPECT_EQ(held, 0U);
        EXPECT_EQ(shared.use_count(), 1);
    }
}

TEST(Backlog, CopiesBehindWhatWasSentGoToTheSameRoom) {
    std::size_t held = 0;
    Backlog backlog(held);
    backlog.append(bytes_of("one"));
    backlog.consume(2);
    backlog.append(bytes_of("two"));
    std::array<iovec, 4> vectors = {};
    EXPECT_EQ(backlog.gather(vectors), 1U);
    EXPECT_EQ(content(backlog), "etwo");
}

TEST(Backlog, LosesNothingHoweverItIsConsumed) {
    std::mt19937 random(7);
    for (int round = 0; round < 100; ++round) {
        std::size_t held = 0;
        Backlog backlog(held);
        std::string expected;
        for (int part = 0; part < 200; ++part) {
            const std::string text(random() % 3000, static_cast<char>('a' + part % 26));
            expected += text;
            if (random() % 2 == 0) {
                backlog.append(bytes_of(text));
            } else {
                const auto shared = std::make_shared<const std::string>(text);
                backlog.append_shared(shared, bytes_of(*shared));
            }
        }
        std::string seen;
        while (!backlog.empty()) {
            const std::string next = content(backlog);
            const std::size_t count = std::min<std::size_t>(next.size(), random() % 4000);
            seen += next.substr(0, count);
            backlog.consume(count);
        }
        ASSERT_EQ(seen, expected);
    }
}

}  // namespace
}  // namespace longwire::net
