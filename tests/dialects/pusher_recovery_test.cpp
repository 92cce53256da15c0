// What is remembered of clients of the pusher dialect, of their users, and what apps are told.
#include "dialects/pusher/recovery.hpp"
#include "dialects/pusher/users.hpp"
#include "dialects/pusher/webhooks.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace longwire::dialects::pusher {
namespace {

using namespace std::chrono_literals;

const Recovery::Clock::time_point start{1h};

Recovery::Positions at(std::uint64_t offset) {
    return {{"a", {.position = {.epoch = 1, .offset = offset}, .member = {}}}};
}

TEST(PusherRecovery, GivesEachPositionAwayOnce) {
    Recovery recovery;
    const std::vector<std::string> ann = {"ann"};
    const std::vector<std::string> both = {"unknown", "ann"};
    recovery.remember(ann, at(7), start + 1min);
    EXPECT_FALSE(recovery.claim(ann, "b", start));
    EXPECT_FALSE(recovery.claim(std::vector<std::string>{"bob"}, "a", start));
    EXPECT_EQ(recovery.claim(both, "a", start)->position.offset, 7);
    EXPECT_FALSE(recovery.claim(both, "a", start));
}

TEST(PusherRecovery, ForgetsAfterATimeAndPrefersWhoHadGotTheMost) {
    Recovery recovery;
    const std::vector<std::string> ann = {"ann"};
    recovery.remember(ann, at(9), start + 1min);
    recovery.remember(ann, at(5), start + 2min);
    EXPECT_EQ(recovery.claim(ann, "a", start)->position.offset, 9);
    recovery.tick(start + 3min);
    EXPECT_FALSE(recovery.claim(ann, "a", start));
    recovery.remember(ann, at(1), start + 1min);
    EXPECT_FALSE(recovery.claim(ann, "a", start + 2min));
    for (std::uint64_t count = 0; count < 100; ++count)
        recovery.remember(ann, at(count), start + 1min);
    int claimed = 0;
    while (recovery.claim(ann, "a", start)) ++claimed;
    EXPECT_EQ(claimed, 16);
}

TEST(PusherRecovery, KnowsWhoWasReplaced) {
    Recovery recovery;
    const std::vector<std::string> ann = {"ann"};
    const LoopRef first = {.loop = 0, .number = 1};
    const LoopRef second = {.loop = 1, .number = 1};
    recovery.enter("ann", first);
    recovery.note_join(ann, "a", first, start);
    EXPECT_FALSE(recovery.replaced(ann, "a", first, start));
    recovery.enter("ann", second);
    EXPECT_EQ(recovery.others("ann", second), std::vector<LoopRef>{first});
    recovery.note_join(ann, "a", second, start + 2s);
    EXPECT_TRUE(recovery.replaced(ann, "a", first, start));
    EXPECT_FALSE(recovery.replaced(ann, "a", first, start + 1500ms));
    EXPECT_FALSE(recovery.replaced(ann, "a", second, start));
    EXPECT_FALSE(recovery.replaced(ann, "b", first, start));
    recovery.leave("ann", second);
    EXPECT_TRUE(recovery.others("ann", first).empty());
}

TEST(PusherUsers, TellThoseWhoWatch) {
    Users users(3s);
    const UserData ann = {.id = "ann", .info = {}, .watchlist = {"bob"}};
    const UserData bob = {.id = "bob", .info = {}, .watchlist = {}};
    const LoopRef hers = {.loop = 0, .number = 1};
    const LoopRef his = {.loop = 0, .number = 2};
    const LoopRef his_second = {.loop = 1, .number = 3};
    EXPECT_TRUE(users.enter("1", ann, hers).empty());
    const auto told = users.enter("1", bob, his);
    ASSERT_EQ(told.size(), 1);
    EXPECT_EQ(told[0].client, hers);
    EXPECT_TRUE(users.enter("1", bob, his_second).empty());
    EXPECT_TRUE(users.enter("2", bob, his).empty());
    EXPECT_EQ(users.connections("1", "bob"), (std::vector<LoopRef>{his, his_second}));
    users.leave("1", bob, his, start);
    users.leave("1", bob, his_second, start);
    EXPECT_TRUE(users.tick(start + 2s).empty());
    EXPECT_TRUE(users.enter("1", bob, his).empty());
    EXPECT_TRUE(users.tick(start + 5s).empty());
    users.leave("1", bob, his, start + 6s);
    const auto gone = users.tick(start + 9s);
    ASSERT_EQ(gone.size(), 1);
    EXPECT_FALSE(gone[0].online);
    EXPECT_EQ(gone[0].users, std::vector<std::string>{"bob"});
}

struct PusherWebhooks : testing::Test {
    PusherWebhooks() {
        AppSettings settings;
        settings.id = "1";
        settings.key = "k";
        settings.secret = "s";
        settings.webhooks = {"http://a"};
        app = std::make_shared<const App>(settings, std::make_shared<AppCounters>());
        Webhooks::Options options;
        options.most_at_once = 2;
        options.most_waiting = 5;
        options.complain = [this](const std::string& words) { complaints.push_back(words); };
        options.now = [this] { return now; };
        webhooks = std::make_shared<Webhooks>(
            [this](Webhooks::Call call, Webhooks::Sent sent) {
                sending.emplace_back(std::move(call), std::move(sent));
            },
            options);
    }

    SharedApp app;
    Webhooks::Clock::time_point now = start;
    std::deque<std::pair<Webhooks::Call, Webhooks::Sent>> sending;
    std::vector<std::string> complaints;
    std::shared_ptr<Webhooks> webhooks;
};

TEST_F(PusherWebhooks, LeaveInOrderOneRequestAfterTheOther) {
    for (const char* notice : {"1", "2", "3"}) webhooks->tell(app, notice);
    webhooks->tick(now);
    webhooks->tick(now);
    ASSERT_EQ(sending.size(), 1);
    EXPECT_TRUE(sending[0].first.body.ends_with("\"events\":[1,2]}"));
    sending[0].second(true, {});
    webhooks->tick(now + 1min);
    ASSERT_EQ(sending.size(), 2);
    EXPECT_TRUE(sending[1].first.body.ends_with("\"events\":[3]}"));
}

TEST_F(PusherWebhooks, AreTriedAgainForAWhile) {
    webhooks->tell(app, "1");
    webhooks->tick(now);
    const std::string body = sending.back().first.body;
    std::vector<std::chrono::seconds> pauses;
    while (complaints.empty() || complaints.back().ends_with(" s")) {
        sending.back().second(false, "no");
        const std::size_t tries = sending.size();
        const auto failed = now;
        for (; sending.size() == tries && now < failed + 2min; now += 1s) webhooks->tick(now);
        if (sending.size() == tries) break;
        EXPECT_EQ(sending.back().first.body, body);
        pauses.push_back(std::chrono::floor<std::chrono::seconds>(now - 1s - failed));
    }
    EXPECT_EQ(pauses, (std::vector<std::chrono::seconds>{1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s, 60s}));
    EXPECT_TRUE(complaints.back().ends_with("1 events are dropped")) << complaints.back();
    webhooks->tell(app, "2");
    webhooks->tick(now);
    EXPECT_TRUE(sending.back().first.body.ends_with("[2]}"));
}

TEST_F(PusherWebhooks, AreDroppedBeyondABound) {
    for (int count = 0; count < 8; ++count) webhooks->tell(app, std::to_string(count));
    webhooks->tick(now);
    ASSERT_EQ(complaints.size(), 1);
    EXPECT_NE(complaints[0].find("3 were dropped"), std::string::npos);
    EXPECT_TRUE(sending[0].first.body.ends_with("\"events\":[3,4]}"));
    // An answer that comes when they are gone goes nowhere.
    webhooks.reset();
    sending[0].second(true, {});
}

}  // namespace
}  // namespace longwire::dialects::pusher
