// What threads post to a loop: all of it, in each thread's order, with one wake-up.
#include "net/inbox.hpp"

#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace longwire::net {
namespace {

std::shared_ptr<Inbox> new_inbox() {
    return std::make_shared<Inbox>(Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)));
}

TEST(Inbox, RunsWhatWasAddedInOrder) {
    const auto inbox = new_inbox();
    std::vector<int> ran;
    for (int number = 0; number < 5; ++number)
        EXPECT_TRUE(inbox->add([&ran, number] { ran.push_back(number); }));
    inbox->run();
    EXPECT_EQ(ran, (std::vector{0, 1, 2, 3, 4}));
    inbox->run();
    EXPECT_EQ(ran.size(), 5U);
}

TEST(Inbox, WakesOnceHoweverMuchIsAdded) {
    const auto inbox = new_inbox();
    for (int number = 0; number < 100; ++number) inbox->add([] {});
    std::uint64_t wakes = 0;
    EXPECT_EQ(::read(inbox->descriptor(), &wakes, sizeof wakes), 8);
    EXPECT_EQ(wakes, 1U);
    inbox->clear_wakeup();
    inbox->run();
    inbox->add([] {});
    EXPECT_EQ(::read(inbox->descriptor(), &wakes, sizeof wakes), 8);
    EXPECT_EQ(wakes, 1U);
}

TEST(Inbox, WhatIsAddedWhileItRunsComesInTheNextRun) {
    const auto inbox = new_inbox();
    int ran = 0;
    inbox->add([&] {
        ++ran;
        inbox->add([&] { ++ran; });
    });
    inbox->run();
    EXPECT_EQ(ran, 1);
    inbox->run();
    EXPECT_EQ(ran, 2);
}

TEST(Inbox, WhatItsOwnThreadAddsWakesNobodyAndKeepsItsPlace) {
    const auto inbox = new_inbox();
    std::vector<int> ran;
    EXPECT_TRUE(inbox->add_awake([&] { ran.push_back(1); }));
    std::uint64_t wakes = 0;
    EXPECT_EQ(::read(inbox->descriptor(), &wakes, sizeof wakes), -1);
    std::thread([&] { inbox->add([&] { ran.push_back(2); }); }).join();
    EXPECT_TRUE(inbox->add_awake([&] { ran.push_back(3); }));
    inbox->run();
    EXPECT_EQ(ran, (std::vector{1, 2, 3}));
}

TEST(Inbox, WhatThrowsLeavesTheOthers) {
    static int told = 0;
    Inbox::on_exception([]() noexcept { ++told; });
    const auto inbox = new_inbox();
    std::vector<int> ran;
    inbox->add([&] { ran.push_back(1); });
    inbox->add([] { throw std::runtime_error("on purpose"); });
    inbox->add([&] { ran.push_back(2); });
    inbox->run();
    EXPECT_EQ(ran, (std::vector{1, 2}));
    EXPECT_EQ(told, 1);
    Inbox::on_exception(nullptr);
}

TEST(Inbox, ClosedItTakesNothingAndDropsWhatItHad) {
    const auto inbox = new_inbox();
    const auto held = std::make_shared<int>(1);
    EXPECT_TRUE(inbox->add([held] {}));
    EXPECT_EQ(held.use_count(), 2);
    inbox->close();
    EXPECT_TRUE(inbox->closed());
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_FALSE(inbox->add([held] {}));
    EXPECT_EQ(held.use_count(), 1);
}

TEST(Inbox, ManyThreadsLoseNothingAndKeepTheirOrder) {
    constexpr std::size_t senders = 4;
    constexpr int each = 5000;
    const auto inbox = new_inbox();
    std::array<int, senders> last = {-1, -1, -1, -1};
    int ran = 0;
    std::vector<std::thread> threads;
    for (std::size_t sender = 0; sender < senders; ++sender)
        threads.emplace_back([&, sender] {
            for (int number = 0; number < each; ++number)
                inbox->add([&, sender, number] {
                    EXPECT_EQ(number, last[sender] + 1);
                    last[sender] = number;
                    ++ran;
                });
        });
    while (ran < each * static_cast<int>(senders)) inbox->run();
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(ran, each * static_cast<int>(senders));
}

}  // namespace
}  // namespace longwire::net
