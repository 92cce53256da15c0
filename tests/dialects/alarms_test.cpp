// What is to be done at some time on a loop.
#include "dialects/alarms.hpp"
#include "dialects/every.hpp"

#include <gtest/gtest.h>

#include <longwire/longwire.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace longwire::dialects {
namespace {

using namespace std::chrono_literals;

struct AlarmsOnALoop : testing::Test {
    AlarmsOnALoop() {
        set_log_sink([](LogLevel, std::string_view) {});
    }
    ~AlarmsOnALoop() override { set_log_sink({}); }

    /// Turns the loop until so many have rung.
    Task<> until(std::size_t count) {
        while (rung.size() < count) co_await sleep_for(1ms);
    }
    auto note(char which) {
        return [this, which] { rung += which; };
    }

    Alarms alarms;
    std::string rung;
};

TEST_F(AlarmsOnALoop, NeverRingInsideTheCallThatSetsThem) {
    run([](AlarmsOnALoop& test) -> Task<> {
        test.alarms.set(Alarms::Clock::now() - 1h, test.note('a'));
        test.alarms.set(Alarms::Clock::now(), test.note('b'));
        test.alarms.set(std::chrono::sys_seconds(0s), test.note('c'));
        EXPECT_EQ(test.rung, "");
        co_await test.until(3);
    }(*this));
    EXPECT_EQ(rung, "cab");
}

TEST_F(AlarmsOnALoop, OneThatFailsLeavesTheOthers) {
    run([](AlarmsOnALoop& test) -> Task<> {
        const auto now = Alarms::Clock::now();
        test.alarms.set(now, [] { throw std::runtime_error("on purpose"); });
        test.alarms.set(now, test.note('a'));
        test.alarms.set(now + 20ms, test.note('b'));
        co_await test.until(2);
        test.alarms.set(now, test.note('c'));
        co_await test.until(3);
    }(*this));
    EXPECT_EQ(rung, "abc");
}

TEST_F(AlarmsOnALoop, OneMayCallOffAnotherThatIsDue) {
    run([](AlarmsOnALoop& test) -> Task<> {
        const auto now = Alarms::Clock::now();
        Alarms::Id other;
        test.alarms.set(now - 1s, [&] {
            test.alarms.call_off(other);
            test.note('a')();
        });
        other = test.alarms.set(now, test.note('b'));
        test.alarms.set(now + 5ms, test.note('c'));
        co_await test.until(2);
    }(*this));
    EXPECT_EQ(rung, "ac");
}

TEST_F(AlarmsOnALoop, OneThatSetsItselfInThePastLeavesTheLoopTime) {
    run([](AlarmsOnALoop& test) -> Task<> {
        std::function<void()> again = [&] {
            test.rung += 'x';
            test.alarms.set(Alarms::Clock::now() - 1s, again);
        };
        test.alarms.set(Alarms::Clock::now(), again);
        co_await test.until(3);
    }(*this));
    EXPECT_GE(rung.size(), 3U);
}

TEST_F(AlarmsOnALoop, OfFarDatesDoNotRing) {
    run([](AlarmsOnALoop& test) -> Task<> {
        const auto far = [](std::int64_t seconds) {
            return std::chrono::sys_seconds(std::chrono::seconds(seconds));
        };
        test.alarms.set(far(9'999'999'999), test.note('a'));    // the year 2286
        test.alarms.set(far(253'402'300'799), test.note('b'));  // the year 9999
        const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        test.alarms.set(now + 1h, test.note('c'));
        test.alarms.set(now - 1h, test.note('d'));
        co_await test.until(1);
    }(*this));
    EXPECT_EQ(rung, "d");
}

TEST_F(AlarmsOnALoop, OfOneHolderTakeThePlaceOfEachOther) {
    run([](AlarmsOnALoop& test) -> Task<> {
        const auto now = Alarms::Clock::now();
        Alarm alarm;
        alarm.set(test.alarms, now, test.note('a'));
        alarm.set(test.alarms, now + 2ms, test.note('b'));
        alarm.set_if_sooner(test.alarms, std::chrono::sys_seconds(0s), test.note('c'));
        alarm.set_if_sooner(test.alarms, std::chrono::sys_seconds(1s), test.note('d'));
        co_await test.until(1);
        alarm.set(test.alarms, now, test.note('e'));
        alarm.set(test.alarms, std::optional<std::chrono::sys_seconds>(), test.note('f'));
        test.alarms.set(now + 5ms, test.note('g'));
        co_await test.until(2);
    }(*this));
    EXPECT_EQ(rung, "cg");
}

TEST_F(AlarmsOnALoop, OfAHolderThatHasGoneDoNotRing) {
    run([](AlarmsOnALoop& test) -> Task<> {
        const auto now = Alarms::Clock::now();
        auto first = std::make_unique<Alarm>();
        auto second = std::make_unique<Alarm>();
        first->set(test.alarms, now, [&] { second.reset(); });
        second->set(test.alarms, now, test.note('a'));
        // It may also end its own holder, or set itself again.
        auto third = std::make_unique<Alarm>();
        third->set(test.alarms, now, [&] {
            test.note('b')();
            third.reset();
        });
        Alarm fourth;
        fourth.set(test.alarms, now, [&] { fourth.set(test.alarms, now, test.note('c')); });
        co_await test.until(2);
    }(*this));
    EXPECT_EQ(rung, "bc");
}

TEST_F(AlarmsOnALoop, WhatIsDoneAgainAndAgainGoesOnAfterAFailure) {
    run([](AlarmsOnALoop& test) -> Task<> {
        co_await every(1ms, [&] {
            test.rung += 'x';
            if (test.rung.size() == 2) throw std::runtime_error("on purpose");
            return test.rung.size() < 4;
        });
    }(*this));
    EXPECT_EQ(rung, "xxxx");
}

TEST_F(AlarmsOnALoop, ADateIsWhenTheOtherClockWillSaySo) {
    const auto date =
        std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + 100s;
    const auto left = Alarms::time_of(date) - Alarms::Clock::now();
    EXPECT_GT(left, 98s);
    EXPECT_LE(left, 100s);
}

}  // namespace
}  // namespace longwire::dialects
