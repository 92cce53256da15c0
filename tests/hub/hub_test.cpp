#include "hub/hub.hpp"

#include "hub/memory_broker.hpp"
#include "noting_outlet.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace longwire::hub {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

std::vector<std::string> texts(const History& history) {
    Lines lines;
    for (const auto& publication : history.publications)
        lines.emplace_back(publication->message().text());
    return lines;
}

struct OneNode : testing::Test {
    Clock::time_point now;
    MemoryBroker broker{{.now = [this] { return now; }}};
    Hub hub{broker, {.presence_grace = 3s, .most_channels = 3, .now = [this] { return now; }}};
    NotingOutlet first;
    NotingOutlet second;
    std::uint32_t first_number = hub.add(first);
    std::uint32_t second_number = hub.add(second);

    Position publish(const std::string& channel, std::string_view text, std::size_t kept = 10,
                     std::string_view key = {}) {
        Position position;
        hub.publish({.channel = channel,
                     .content = {.message = Message::text(text)},
                     .history = {.count = kept, .age = 60s},
                     .idempotency_key = key},
                    [&](const Result<Position>& result) { position = result.value(); });
        return position;
    }

    std::optional<Result<History>> join(const std::string& channel, NotingOutlet& outlet,
                                        HistoryQuery query = {},
                                        std::optional<std::string> user = {}) {
        std::optional<Result<History>> answer;
        Hub::Joining joining = {.channel = channel, .history = query};
        joining.member = {.outlet = &outlet == &first ? first_number : second_number, .number = 1};
        if (user) joining.who = Presence{*user, "{}"};
        hub.join(std::move(joining), [&](Result<History> history) { answer = std::move(history); });
        outlet.turn();
        return answer;
    }

    void leave(const std::string& channel, NotingOutlet& outlet,
               const std::optional<std::string>& user = {}) {
        hub.leave(channel,
                  {.outlet = &outlet == &first ? first_number : second_number, .number = 1}, user);
    }

    Lines present(const std::string& channel) {
        Lines users;
        hub.presence(channel, [&](const Result<std::vector<Presence>>& all) {
            for (const Presence& one : all.value()) users.push_back(one.user);
        });
        std::ranges::sort(users);
        return users;
    }
};

TEST_F(OneNode, DeliversToTheOutletsThatHaveMembersThere) {
    join("a", first);
    join("b", second);
    publish("a", "one");
    publish("b", "two");
    publish("c", "nobody");
    first.turn();
    second.turn();
    EXPECT_EQ(first.noted, Lines{"a: one"});
    EXPECT_EQ(second.noted, Lines{"b: two"});
    EXPECT_EQ(hub.counts().publications, 2U);
}

TEST_F(OneNode, DeliversOnceToAnOutletWithManyMembers) {
    join("a", first);
    join("a", first);
    publish("a", "one");
    leave("a", first);
    publish("a", "two");
    leave("a", first);
    publish("a", "three");
    first.turn();
    EXPECT_EQ(first.noted, (Lines{"a: one", "a: two"}));
}

TEST_F(OneNode, AChannelIsGoneWithItsLastMember) {
    join("a", first);
    join("a", second);
    EXPECT_EQ(hub.counts().channels, 1U);
    EXPECT_EQ(hub.counts().members, 2U);
    leave("a", first);
    leave("a", second);
    EXPECT_EQ(hub.counts().channels, 0U);
    EXPECT_EQ(hub.counts().members, 0U);
    EXPECT_EQ(broker.held().channels, 0U);
}

TEST_F(OneNode, GivesTheLatestOfTheHistory) {
    publish("a", "one");
    publish("a", "two");
    publish("a", "three");
    EXPECT_EQ(texts(**join("a", first, {.last = 2})), (Lines{"two", "three"}));
    EXPECT_EQ(texts(**join("a", first, {.last = 9})), (Lines{"one", "two", "three"}));
    EXPECT_EQ(texts(**join("a", first)), Lines{});
    EXPECT_TRUE(first.noted.empty());
}

TEST_F(OneNode, GivesWhatWasMissed) {
    const Position seen = publish("a", "one");
    publish("a", "two");
    publish("a", "three");
    const auto joined = join("a", first, {.since = seen});
    EXPECT_TRUE((*joined)->recovered);
    EXPECT_EQ(texts(**joined), (Lines{"two", "three"}));
    EXPECT_EQ((*joined)->top.offset, 3U);
    EXPECT_TRUE((*join("a", first, {.since = (*joined)->top}))->recovered);
}

TEST_F(OneNode, SaysHonestlyWhatCannotBeRecovered) {
    const Position seen = publish("a", "one", 2);
    for (const auto* text : {"two", "three", "four"}) publish("a", text, 2);
    const auto too_old = join("a", first, {.since = seen});
    EXPECT_FALSE((*too_old)->recovered);
    EXPECT_EQ(texts(**too_old), (Lines{"three", "four"}));
    const auto ahead = join("a", first, {.since = Position{seen.epoch, 99}});
    EXPECT_FALSE((*ahead)->recovered);
    const auto elsewhere = join("a", first, {.since = Position{seen.epoch + 1, 4}});
    EXPECT_FALSE((*elsewhere)->recovered);
}

TEST_F(OneNode, ForgetsByCountAndByAge) {
    publish("a", "one");
    now += 30s;
    publish("a", "two");
    now += 31s;
    EXPECT_EQ(texts(**join("a", first, {.last = 9})), Lines{"two"});
    leave("a", first);
    now += 30s;
    hub.tick();
    EXPECT_EQ(broker.held().channels, 0U);
    EXPECT_EQ(broker.held().history_bytes, 0U);
}

TEST_F(OneNode, WhereAQuietChannelStandsIsKnownForAnHour) {
    join("a", first);
    leave("a", first);
    EXPECT_EQ(broker.held().channels, 0U);
    EXPECT_EQ(broker.held().known, 1U);
    now += 59min;
    hub.tick();
    const Position before = publish("a", "one");
    now += 59min;
    hub.tick();
    EXPECT_EQ(broker.held().history_bytes, 0U);
    const auto joined = join("a", first, {.since = before});
    EXPECT_TRUE((*joined)->recovered);
    EXPECT_EQ((*joined)->top, before);
    leave("a", first);
}

// Also of one that is only asked about.
TEST_F(OneNode, APositionThatWasToldStaysGood) {
    History history;
    hub.history("a", {.last = 3}, [&](Result<History> told) { history = std::move(*told); });
    EXPECT_TRUE(history.recovered);
    EXPECT_NE(history.top.epoch, 0U);
    EXPECT_TRUE((*join("a", first, {.since = history.top}))->recovered);
}

TEST_F(OneNode, AChannelThatWasForgottenHasAnotherEpoch) {
    const Position before = publish("a", "one");
    now += 61s;
    hub.tick();
    now += 61min;
    hub.tick();
    EXPECT_EQ(broker.held().known, 0U);
    const Position after = publish("a", "two");
    EXPECT_NE(before.epoch, after.epoch);
    EXPECT_FALSE((*join("a", first, {.since = before}))->recovered);
}

TEST_F(OneNode, PublishesOnceWhatHasTheSameKey) {
    join("a", first);
    const Position once = publish("a", "one", 10, "key");
    EXPECT_EQ(publish("a", "one", 10, "key"), once);
    EXPECT_NE(publish("a", "two", 10, "other"), once);
    first.turn();
    EXPECT_EQ(first.noted, (Lines{"a: one", "a: two"}));
    now += 6min;
    EXPECT_NE(publish("a", "one", 10, "key"), once);
}

// Of one channel, and of many of which each keeps only its latest.
TEST_F(OneNode, HistoriesKeepNoMoreThanTheyMay) {
    constexpr std::size_t most = 100'000;
    broker.limit_history(most);
    const std::string words(1000, 'w');
    for (int count = 0; count < 1000; ++count) publish("a", words, 1000);
    EXPECT_LE(broker.held().history_bytes, most);
    EXPECT_FALSE((*join("a", first, {.last = 1000}))->publications.empty());
    for (int count = 0; count < 1000; ++count)
        publish("b" + std::to_string(count), words, 1000, "key");
    EXPECT_LE(broker.held().history_bytes, most);
    EXPECT_GT(broker.held().history_bytes, most / 2);
    broker.limit_history(0);
    publish("a", "one", 10, "key");
    EXPECT_TRUE((*join("a", second, {.last = 10}))->publications.empty());
    now += 10min;
    hub.tick();
    EXPECT_EQ(broker.held().history_bytes, 0U);
}

TEST_F(OneNode, RefusesChannelsBeyondItsBound) {
    join("a", first);
    join("b", first);
    join("c", first);
    EXPECT_FALSE(join("d", first)->has_value());
    EXPECT_TRUE(join("c", second)->has_value());
    leave("a", first);
    EXPECT_TRUE(join("d", first)->has_value());
}

TEST_F(OneNode, ListsChannelsByName) {
    for (const auto* name : {"b1", "a", "b2"}) join(name, first);
    join("b1", second);
    const auto names = [](const std::vector<Hub::Listed>& all) {
        Lines lines;
        for (const auto& one : all) lines.push_back(one.name + " " + std::to_string(one.members));
        return lines;
    };
    EXPECT_EQ(names(hub.channels("", "", 10)), (Lines{"a 1", "b1 2", "b2 1"}));
    EXPECT_EQ(names(hub.channels("b", "", 10)), (Lines{"b1 2", "b2 1"}));
    EXPECT_EQ(names(hub.channels("", "", 2)), (Lines{"a 1", "b1 2"}));
    EXPECT_EQ(names(hub.channels("", "b1", 2)), Lines{"b2 1"});
}

// ---- presence -----------------------------------------------------------------------------------

TEST_F(OneNode, AUserIsPresentOnceHoweverManyConnectionsTheyHave) {
    join("a", first, {}, "ann");
    join("a", second, {}, "ann");
    join("a", second, {}, "bob");
    EXPECT_EQ(present("a"), (Lines{"ann", "bob"}));
    first.turn();
    second.turn();
    EXPECT_EQ(first.noted, (Lines{"a: +ann", "a: +bob"}));
    leave("a", first, "ann");
    now += 1h;
    hub.tick();
    EXPECT_EQ(present("a"), (Lines{"ann", "bob"}));
}

TEST_F(OneNode, WhoComesBackInTimeHasNotLeft) {
    join("a", first);
    join("a", second, {}, "ann");
    leave("a", second, "ann");
    now += 2s;
    hub.tick();
    join("a", second, {}, "ann");
    now += 2s;
    hub.tick();
    first.turn();
    EXPECT_EQ(first.noted, Lines{"a: +ann"});
    leave("a", second, "ann");
    now += 3s;
    hub.tick();
    first.turn();
    EXPECT_EQ(first.noted, (Lines{"a: +ann", "a: -ann"}));
    EXPECT_EQ(present("a"), Lines{});
}

TEST_F(OneNode, OtherInformationIsTold) {
    join("a", first);
    join("a", second, {}, "ann");
    leave("a", second, "ann");
    now += 2s;
    hub.tick();
    const auto come_with = [&](const std::string& info) {
        hub.join({.channel = "a",
                  .member = {.outlet = second_number, .number = 1},
                  .who = Presence{.user = "ann", .info = info}},
                 [](const Result<History>& /*history*/) {});
        first.turn();
    };
    come_with("{\"n\":1}");
    EXPECT_EQ(first.noted, (Lines{"a: +ann", "a: =ann"}));
    // By another connection of the same user, and then by one more with the same information.
    come_with("{\"n\":2}");
    come_with("{\"n\":2}");
    EXPECT_EQ(first.noted, (Lines{"a: +ann", "a: =ann", "a: =ann"}));
    hub.presence("a", [](const Result<std::vector<Presence>>& all) {
        EXPECT_EQ(all->front().info, "{\"n\":2}");
    });
}

TEST_F(OneNode, NobodyIsPresentOnAChannelThatAllHaveLeft) {
    join("a", first, {}, "ann");
    leave("a", first, "ann");
    EXPECT_EQ(present("a"), Lines{"ann"});
    now += 3s;
    hub.tick();
    EXPECT_EQ(present("a"), Lines{});
    EXPECT_EQ(hub.counts().channels, 0U);
    EXPECT_EQ(broker.held().channels, 0U);
}

// ---- many of them -------------------------------------------------------------------------------

TEST_F(OneNode, OnlyWhatIsDueIsLookedAtAndAPartAtATime) {
    constexpr std::size_t channels = 10'000;
    for (std::size_t number = 0; number < channels; ++number)
        hub.publish({.channel = "c" + std::to_string(number),
                     .content = {.message = Message::text("text")},
                     .history = {.count = 1, .age = number % 2 == 0 ? 1min : 1h}});
    EXPECT_EQ(broker.held().channels, channels);
    now += 1min;
    EXPECT_FALSE(hub.tick());
    EXPECT_EQ(broker.held().channels, channels);
    now += 1ms;
    EXPECT_TRUE(hub.tick());
    EXPECT_GT(broker.held().channels, channels / 2);
    EXPECT_LT(broker.held().channels, channels);
    int more = 0;
    while (hub.tick()) ++more;
    EXPECT_GE(more, 3);
    EXPECT_EQ(broker.held().channels, channels / 2);
    EXPECT_FALSE(hub.tick());
    now += 1h;
    while (hub.tick()) {
    }
    EXPECT_EQ(broker.held().channels, 0U);
    EXPECT_EQ(broker.held().history_bytes, 0U);
}

TEST_F(OneNode, WhatIsPublishedLaterMayBecomeTooOldEarlier) {
    const auto publish = [&](HistoryRule rule, std::string_view key = {}) {
        hub.publish({.channel = "a",
                     .content = {.message = Message::text("text")},
                     .history = rule,
                     .idempotency_key = key});
    };
    publish({.count = 5, .age = 1h});
    now += 1s;
    publish({.count = 5, .age = 10s});  // of the channel, from now on
    now += 11s;
    hub.tick();
    EXPECT_EQ(broker.held().channels, 0U);
    publish({.count = 0}, "key");
    EXPECT_EQ(broker.held().channels, 1U);
    publish({.count = 1, .age = std::chrono::hours(24 * 365 * 250)});
    now += 5min + 1ms;
    hub.tick();
    EXPECT_EQ(broker.held().channels, 1U);
    publish({.count = 0});
    EXPECT_EQ(broker.held().channels, 0U);
    EXPECT_EQ(broker.held().history_bytes, 0U);
    hub.tick();
}

TEST_F(OneNode, ManyWhoLeaveAtOnceAreToldOfAPartAtATime) {
    constexpr int users = 1200;
    join("a", first);
    for (int number = 0; number < users; ++number) join("a", second, {}, std::to_string(number));
    for (int number = 0; number < users; ++number) leave("a", second, std::to_string(number));
    first.turn();
    first.noted.clear();
    now += 3s;
    EXPECT_TRUE(hub.tick());
    first.turn();
    EXPECT_EQ(first.noted.size(), 500U);
    while (hub.tick()) {
    }
    first.turn();
    EXPECT_EQ(first.noted.size(), 1200U);
    EXPECT_EQ(present("a"), Lines{});
}

// ---- a broker that takes its time ---------------------------------------------------------------

/// Passes everything on to a broker in memory, but tells and answers only when it is let.
class SlowBroker final : public Broker, private BrokerSink {
public:
    void start(BrokerSink& sink) override {
        sink_ = &sink;
        memory_.start(*this);
    }
    void publish(const PublishRequest& request, Answer<Position> answer) override {
        memory_.publish(request, std::move(answer));
    }
    void attach(const std::string& channel, const HistoryQuery& query,
                Answer<History> answer) override {
        memory_.attach(channel, query, [&](Result<History> history) {
            if (fails) history = failure(ErrorCode::timed_out, "the broker does not answer");
            answers.emplace_back(
                [history = std::move(history), answer = std::move(answer)]() mutable {
                    answer(std::move(history));
                });
        });
    }
    void detach(const std::string& channel) override { memory_.detach(channel); }
    void history(const std::string& channel, const HistoryQuery& query,
                 Answer<History> answer) override {
        memory_.history(channel, query, std::move(answer));
    }
    void members(const std::string& channel, Answer<std::size_t> answer) override {
        memory_.members(channel, std::move(answer));
    }
    bool ready() const noexcept override { return !fails; }
    void enter(const std::string& channel, const Presence& who, MemberId member) override {
        memory_.enter(channel, who, member);
    }
    void leave(const std::string& channel, const std::string& user) override {
        memory_.leave(channel, user);
    }
    void presence(const std::string& channel, Answer<std::vector<Presence>> answer) override {
        memory_.presence(channel, std::move(answer));
    }
    bool tick() override { return memory_.tick(); }

    void on_publication(const SharedPublication& publication) override {
        news.push_back(publication);
    }
    void on_presence(const std::shared_ptr<const PresenceChange>& change) override {
        sink_->on_presence(change);
    }

    void answer_one() {
        auto next = std::move(answers.front());
        answers.pop_front();
        next();
    }
    void tell_one() {
        const auto next = std::move(news.front());
        news.pop_front();
        sink_->on_publication(next);
    }

    bool fails = false;
    std::deque<std::move_only_function<void()>> answers;
    std::deque<SharedPublication> news;

private:
    MemoryBroker memory_;
    BrokerSink* sink_ = nullptr;
};

TEST_F(OneNode, MembersAreCountedByTheBroker) {
    std::size_t count = 99;
    const auto ask = [&] {
        hub.members("a", [&](const Result<std::size_t>& members) { count = members.value(); });
        return count;
    };
    EXPECT_EQ(ask(), 0U);
    join("a", first);
    join("a", first);
    join("a", second);
    EXPECT_EQ(ask(), 3U);
    leave("a", first);
    EXPECT_EQ(ask(), 2U);
    // Those of another node attach to the same broker.
    broker.attach("a", {}, [](const Result<History>&) {});
    EXPECT_EQ(ask(), 3U);
}

TEST(SlowBroker, SaysWhetherItCanDoItsWork) {
    SlowBroker broker;
    const Hub hub(broker);
    EXPECT_TRUE(hub.ready());
    broker.fails = true;
    EXPECT_FALSE(hub.ready());
}

TEST(SlowBroker, AFailureReachesWhoeverJoins) {
    SlowBroker broker;
    broker.fails = true;
    Hub hub(broker);
    NotingOutlet outlet;
    hub.add(outlet);
    std::string said;
    hub.join({.channel = "a"}, [&](const Result<History>& history) {
        said = history ? "joined" : history.error().message();
    });
    broker.answer_one();
    outlet.turn();
    EXPECT_EQ(said, "the broker does not answer");
    EXPECT_EQ(hub.counts().channels, 0U);
}

/// However answers and news are mixed, nobody misses a message or sees one twice.
TEST(SlowBroker, NothingIsMissedOrRepeatedInAnyOrderOfEvents) {
    for (unsigned seed = 0; seed < 2000; ++seed) {
        SCOPED_TRACE(seed);
        std::mt19937 random(seed);
        SlowBroker broker;
        Hub hub(broker);
        NotingOutlet outlet;
        hub.add(outlet);
        struct Reader {
            bool joined = false;
            std::vector<std::uint64_t> seen;
            std::size_t from = 0;  // of what the outlet delivers
        };
        std::deque<Reader> readers;
        std::uint64_t published = 0;
        const auto publish = [&] {
            hub.publish({.channel = "a",
                         .content = {.message = Message::text(std::to_string(++published))},
                         .history = {.count = 1000, .age = 1h}});
        };
        publish();
        Position start;
        hub.history("a", {.last = 1}, [&](const Result<History>& history) {
            start = history->publications.front()->position();
        });
        for (int step = 0; step < 60; ++step) {
            switch (random() % 4) {
                case 0:
                    publish();
                    break;
                case 1: {
                    if (readers.size() >= 4) break;
                    Reader& reader = readers.emplace_back();
                    hub.join({.channel = "a", .history = {.since = start}},
                             [&](const Result<History>& history) {
                                 reader.joined = true;
                                 reader.from = outlet.offsets.size();
                                 for (const auto& one : history->publications)
                                     reader.seen.push_back(one->position().offset);
                             });
                    break;
                }
                case 2:
                    if (!broker.answers.empty()) broker.answer_one();
                    break;
                default:
                    if (!broker.news.empty()) broker.tell_one();
            }
            if (random() % 3 == 0) outlet.turn();
        }
        while (!broker.answers.empty()) broker.answer_one();
        while (!broker.news.empty()) broker.tell_one();
        outlet.turn();
        for (Reader& reader : readers) {
            ASSERT_TRUE(reader.joined);
            reader.seen.insert(reader.seen.end(),
                               outlet.offsets.begin() + static_cast<std::ptrdiff_t>(reader.from),
                               outlet.offsets.end());
            ASSERT_EQ(reader.seen.size(), published - 1);
            for (std::size_t index = 0; index < reader.seen.size(); ++index)
                ASSERT_EQ(reader.seen[index], index + 2);
        }
    }
}

// ---- threads ------------------------------------------------------------------------------------

TEST(HubThreads, EachReaderSeesEveryMessageInOrderWhileOthersComeAndGo) {
    MemoryBroker broker;
    Hub hub(broker, {.presence_grace = 0ms});
    NotingOutlet outlet;
    const std::uint32_t number = hub.add(outlet);
    NotingOutlet crowded;
    const std::uint32_t crowd = hub.add(crowded);
    bool joined = false;
    hub.join({.channel = "a", .member = {.outlet = number}},
             [&](const Result<History>& history) { joined = history.has_value(); });
    constexpr int each = 500;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 3; ++thread)
        threads.emplace_back([&] {
            for (int count = 0; count < each; ++count)
                hub.publish({.channel = "a",
                             .content = {.message = Message::text("x")},
                             .history = {.count = 5, .age = 1h}});
        });
    threads.emplace_back([&] {
        for (int count = 0; count < each; ++count) {
            hub.join({.channel = "a", .member = {.outlet = crowd}, .who = Presence{"ann", ""}},
                     [&](const Result<History>& history) {
                         if (history) hub.leave("a", {.outlet = crowd}, "ann");
                     });
            crowded.turn();
            hub.tick();
        }
    });
    for (std::thread& thread : threads) thread.join();
    outlet.turn();
    EXPECT_TRUE(joined);
    ASSERT_EQ(outlet.offsets.size(), 3U * each);
    for (std::size_t index = 0; index < outlet.offsets.size(); ++index)
        ASSERT_EQ(outlet.offsets[index], index + 1);
    hub.leave("a", {.outlet = number}, {});
    hub.tick();
    EXPECT_EQ(hub.counts().channels, 0U);
}

// ---- positions ----------------------------------------------------------------------------------

TEST(PositionText, IsReadAsItIsWritten) {
    const Position position = {.epoch = 0xfeedfacecafebeef, .offset = 18446744073709551615U};
    EXPECT_EQ(to_text(position), "feedfacecafebeef-18446744073709551615");
    EXPECT_EQ(parse_position(to_text(position)), position);
    EXPECT_EQ(parse_position("0-0"), (Position{}));
}

TEST(PositionText, IsRefusedWhereItIsNot) {
    for (const auto* text : {"", "-", "1", "1-", "-1", "x-1", "1-x", "1-1 ", " 1-1", "1--1",
                             "10000000000000000-1", "1-18446744073709551616"})
        EXPECT_FALSE(parse_position(text)) << text;
}

}  // namespace
}  // namespace longwire::hub
