#include "hub/known_positions.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace longwire::hub {
namespace {

using namespace std::chrono_literals;

constexpr Position at(std::uint64_t offset) {
    return {.epoch = 1, .offset = offset};
}

TEST(KnownPositions, AreFoundUntilTheyAreForgotten) {
    const Clock::time_point now;
    KnownPositions known(10, 1min);
    EXPECT_EQ(known.find("a", now), std::nullopt);
    known.remember("a", at(1), now);
    known.remember("a", at(2), now);
    EXPECT_EQ(known.find("a", now), at(2));
    EXPECT_EQ(known.count(), 1U);
    known.forget("a");
    known.forget("a");
    EXPECT_EQ(known.find("a", now), std::nullopt);
    EXPECT_EQ(known.count(), 0U);
}

TEST(KnownPositions, AreKnownForSomeTime) {
    Clock::time_point now;
    KnownPositions known(10, 1min);
    known.remember("a", at(1), now);
    now += 40s;
    known.remember("b", at(2), now);
    now += 20s;
    std::size_t most = 1;
    known.expire(now, most);
    EXPECT_EQ(known.find("a", now), at(1));
    now += 1s;
    EXPECT_EQ(known.find("a", now), std::nullopt);
    known.expire(now, most);
    EXPECT_EQ(known.count(), 1U);
    EXPECT_EQ(most, 0U);
    known.expire(now + 1h, most);
    EXPECT_EQ(known.find("b", now), at(2));
}

TEST(KnownPositions, OfSoManyTheOldestGoFirst) {
    const Clock::time_point now;
    KnownPositions known(3, 1min);
    for (std::uint64_t number = 1; number <= 3; ++number)
        known.remember(std::to_string(number), at(number), now);
    known.remember("1", at(7), now);  // which makes it the latest
    known.remember("4", at(4), now);
    EXPECT_EQ(known.count(), 3U);
    EXPECT_EQ(known.find("2", now), std::nullopt);
    EXPECT_EQ(known.find("1", now), at(7));
    KnownPositions none(0, 1min);
    none.remember("a", at(1), now);
    EXPECT_EQ(none.count(), 0U);
}

}  // namespace
}  // namespace longwire::hub
