#include "net/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace longwire::net {
namespace {

using std::chrono::milliseconds;

class Alarm final : public Timer {
public:
    std::function<void()> told = [] {};

private:
    void on_timer() override { told(); }
};

const TimerWheel::Clock::time_point start{std::chrono::hours(1)};

TEST(TimerWheel, IsNeverEarlyAndAtMostTwoTicksLate) {
    std::mt19937 random(3);
    for (int round = 0; round < 300; ++round) {
        TimerWheel wheel(start);
        const auto offset = std::chrono::microseconds(random() % 20000);
        auto now = start + offset;
        wheel.advance(now);
        const milliseconds after(random() % 40000);
        Alarm alarm;
        auto told_at = TimerWheel::Clock::time_point::min();
        alarm.told = [&] { told_at = now; };
        const auto armed_at = now;
        wheel.arm(alarm, now, after);
        while (alarm.armed()) {
            const int wait = wheel.milliseconds_to_next(now);
            ASSERT_GE(wait, 0);
            now += milliseconds(wait);
            wheel.advance(now);
            ASSERT_LT(now - armed_at, after + std::chrono::seconds(1));
        }
        EXPECT_GE(told_at - armed_at, after);
        EXPECT_LE(told_at - armed_at, after + milliseconds(9));
    }
}

TEST(TimerWheel, KeepsItsTimeOverManyMonths) {
    TimerWheel wheel(start);
    auto now = start;
    Alarm alarm;
    int told = 0;
    alarm.told = [&] { ++told; };
    for (int round = 1; round <= 12; ++round) {
        wheel.arm(alarm, now, std::chrono::days(90));
        wheel.advance(now += std::chrono::days(90));
        EXPECT_EQ(told, round - 1);
        wheel.advance(now += milliseconds(9));
        EXPECT_EQ(told, round);
    }
}

TEST(TimerWheel, HasNothingToWaitForWhenNothingIsArmed) {
    TimerWheel wheel(start);
    EXPECT_EQ(wheel.milliseconds_to_next(start), -1);
    Alarm alarm;
    wheel.arm(alarm, start, milliseconds(100));
    EXPECT_GE(wheel.milliseconds_to_next(start), 100);
    alarm.disarm();
    EXPECT_EQ(wheel.milliseconds_to_next(start), -1);
}

TEST(TimerWheel, ATimerMayDisarmArmAndDestroyOthersWhileTold) {
    TimerWheel wheel(start);
    auto doomed = std::make_unique<Alarm>();
    Alarm other;
    Alarm first;
    int told = 0;
    doomed->told = [&] { ++told; };
    other.told = [&] { ++told; };
    first.told = [&] {
        doomed.reset();
        wheel.arm(other, start + milliseconds(50), milliseconds(100));
    };
    wheel.arm(other, start, milliseconds(10));
    wheel.arm(*doomed, start, milliseconds(10));
    wheel.arm(first, start, milliseconds(10));
    wheel.advance(start + milliseconds(50));
    EXPECT_EQ(told, 0);
    wheel.advance(start + milliseconds(200));
    EXPECT_EQ(told, 1);
}

TEST(TimerWheel, TellsAllThatIsDueAfterALongSleep) {
    TimerWheel wheel(start);
    std::vector<std::unique_ptr<Alarm>> alarms;
    int told = 0;
    for (int index = 0; index < 1000; ++index) {
        alarms.push_back(std::make_unique<Alarm>());
        alarms.back()->told = [&] { ++told; };
        wheel.arm(*alarms.back(), start, milliseconds(index * 50));
    }
    wheel.advance(start + std::chrono::hours(10));
    EXPECT_EQ(told, 1000);
}

}  // namespace
}  // namespace longwire::net
