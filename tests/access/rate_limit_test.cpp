#include "access/rate_limit.hpp"

#include <gtest/gtest.h>

#include <string>

namespace longwire::access {
namespace {

using namespace std::chrono_literals;

const RateLimit::Clock::time_point start{1000s};

TEST(RateLimit, LetsABurstThroughAndThenItsRate) {
    RateLimit limit;
    const Rate rate = {.a_second = 2, .burst = 3};
    for (int count = 0; count < 3; ++count) EXPECT_TRUE(limit.take(rate, start));
    EXPECT_FALSE(limit.take(rate, start));
    EXPECT_FALSE(limit.take(rate, start + 499ms));
    EXPECT_TRUE(limit.take(rate, start + 500ms));
    EXPECT_FALSE(limit.take(rate, start + 501ms));
    for (int count = 0; count < 3; ++count) EXPECT_TRUE(limit.take(rate, start + 1h));
    EXPECT_FALSE(limit.take(rate, start + 1h));
}

TEST(RateLimit, OfNothingIsNone) {
    RateLimit limit;
    for (int count = 0; count < 1000; ++count) EXPECT_TRUE(limit.take({}, start));
}

TEST(RateLimit, HasABurstOfOneAtLeast) {
    RateLimit limit;
    EXPECT_TRUE(limit.take({.a_second = 1, .burst = 0}, start));
    EXPECT_FALSE(limit.take({.a_second = 1, .burst = 0}, start));
}

TEST(RateLimits, CountEachApart) {
    RateLimits limits({.a_second = 1, .burst = 1});
    EXPECT_TRUE(limits.take("ann", start));
    EXPECT_FALSE(limits.take("ann", start));
    EXPECT_TRUE(limits.take("bob", start));
}

TEST(RateLimits, AreBoundedAndForgetWhoIsQuiet) {
    RateLimits limits({.a_second = 1, .burst = 1});
    std::size_t taken = 0;
    for (int count = 0; count < 200'000; ++count)
        taken += limits.take(std::to_string(count), start) ? 1 : 0;
    EXPECT_LE(limits.size(), 16U * 4096);
    EXPECT_EQ(taken, limits.size());
    for (int count = 0; count < 200'000; ++count)
        taken += limits.take("x" + std::to_string(count), start + 2s) ? 1 : 0;
    EXPECT_LE(limits.size(), 16U * 4096);
    EXPECT_GT(taken, 16U * 4096);
}

}  // namespace
}  // namespace longwire::access
