#include "raw_server.hpp"

#include <gtest/gtest.h>
#include <longwire/longwire.hpp>

#include <unistd.h>

#include <array>
#include <memory>
#include <stdexcept>
#include <string>

namespace longwire {
namespace {

Task<std::string> word() {
    co_return "word";
}

Task<int> length() {
    const std::string text = co_await word();
    co_return static_cast<int>(text.size());
}

TEST(Task, GivesItsValueToWhoeverAwaitsIt) {
    EXPECT_EQ(run(length()), 4);
}

Task<> fails() {
    co_await sleep_for(std::chrono::milliseconds(1));
    throw std::runtime_error("on purpose");
}

TEST(Task, AnExceptionArrivesWhereItIsAwaited) {
    const auto catches = []() -> Task<int> {
        try {
            co_await fails();
        } catch (const std::runtime_error&) {
            co_return 7;
        }
        co_return 0;
    };
    EXPECT_EQ(run(catches()), 7);
}

TEST(Task, DoesNotStartBeforeItIsAwaited) {
    bool started = false;
    {
        const auto never = [&]() -> Task<> {
            started = true;
            co_return;
        };
        const Task<> task = never();
    }
    EXPECT_FALSE(started);
}

TEST(Task, SpawnedTasksRunBesideAndGoWithTheLoop) {
    const auto kept = std::make_shared<int>(0);
    const auto forever = [](std::shared_ptr<int> count) -> Task<> {
        for (;;) {
            ++*count;
            co_await sleep_for(std::chrono::milliseconds(1));
        }
    };
    const auto main_task = [&]() -> Task<> {
        spawn(forever(kept));
        co_await sleep_for(std::chrono::milliseconds(30));
    };
    EXPECT_EQ(run(main_task()), 0);
    EXPECT_GT(*kept, 1);
    EXPECT_EQ(kept.use_count(), 1) << "the task that had not ended was destroyed";
}

TEST(Task, RunReturnsThoughASpawnedTaskIsConnecting) {
    const RawServer mute;
    const auto connecting = [&]() -> Task<> { (void)co_await connect(mute.url()); };
    const auto leaves = [&]() -> Task<int> {
        spawn(connecting());
        co_await sleep_for(std::chrono::milliseconds(30));
        co_return 7;
    };
    EXPECT_EQ(run(leaves()), 7);
}

TEST(Task, AwaitsADescriptor) {
    std::array<int, 2> ends = {};
    ASSERT_EQ(::pipe(ends.data()), 0);
    std::string order;
    const auto writes = [&]() -> Task<> {
        co_await sleep_for(std::chrono::milliseconds(1));
        order += "w";
        EXPECT_EQ(::write(ends[1], "x", 1), 1);
    };
    const auto reads = [&]() -> Task<> {
        spawn(writes());
        co_await readable(ends[0]);
        order += "r";
    };
    EXPECT_EQ(run(reads()), 0);
    EXPECT_EQ(order, "wr");
    ::close(ends[0]);
    ::close(ends[1]);
}

}  // namespace
}  // namespace longwire
