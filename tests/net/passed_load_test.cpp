// When memory is returned to the system: once, after a load that was worth it has passed for good.
#include "net/passed_load.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>

namespace longwire::net {
namespace {

struct PassedLoads : testing::Test {
    void look(std::size_t connections, std::size_t bytes = 0) {
        load.look(now, connections, bytes);
    }
    void wait(std::chrono::milliseconds time) {
        now += time;
        wheel.advance(now);
    }
    void wait_long() { wait(2 * PassedLoad::patience); }

    TimerWheel::Clock::time_point now;
    TimerWheel wheel{now};
    PassedLoad load{wheel};
};

TEST_F(PassedLoads, ReturnMemoryOnceAWhileAfterTheConnectionsAreGone) {
    look(10'000);
    look(20);
    wait(PassedLoad::patience / 2);
    EXPECT_EQ(load.returned(), 0U);
    wait_long();
    EXPECT_EQ(load.returned(), 1U);
    look(20);
    wait_long();
    EXPECT_EQ(load.returned(), 1U);
}

TEST_F(PassedLoads, ReturnMemoryAgainAfterTheNext) {
    for (std::uint32_t load_number = 1; load_number <= 3; ++load_number) {
        look(5'000);
        look(0);
        wait_long();
        EXPECT_EQ(load.returned(), load_number);
    }
}

TEST_F(PassedLoads, ReturnNothingWhileConnectionsComeAndGo) {
    for (int turn = 0; turn < 100; ++turn) {
        look(10'000);
        look(6'000);
        wait(PassedLoad::patience / 2);
    }
    EXPECT_EQ(load.returned(), 0U);
}

TEST_F(PassedLoads, ReturnNothingIfItComesBackAtOnce) {
    look(10'000);
    look(0);
    wait(PassedLoad::patience / 2);
    look(9'000);
    wait_long();
    EXPECT_EQ(load.returned(), 0U);
}

TEST_F(PassedLoads, ReturnNothingForAFew) {
    look(PassedLoad::least_connections - 1, PassedLoad::least_bytes - 1);
    look(0);
    wait_long();
    EXPECT_EQ(load.returned(), 0U);
}

TEST_F(PassedLoads, ReturnMemoryThatFewConnectionsHeld) {
    look(10, PassedLoad::least_bytes);
    look(10, 0);
    wait_long();
    EXPECT_EQ(load.returned(), 1U);
}

}  // namespace
}  // namespace longwire::net
