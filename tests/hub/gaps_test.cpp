// A broker that loses, repeats, reorders and delays publications, and fails: members get all of
// them, once and in order, or they are told that something is missing.
#include "hub/hub.hpp"
#include "hub/memory_broker.hpp"
#include "lossy_broker.hpp"
#include "noting_outlet.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace longwire::hub {
namespace {

using namespace std::chrono_literals;
using Offsets = std::vector<std::uint64_t>;
constexpr std::uint64_t interrupted = 0;

struct Gaps : testing::Test {
    Clock::time_point now;
    LossyBroker broker;
    Hub hub{broker, {.gap_patience = 5s, .look_every = 64s, .now = [this] { return now; }}};
    NotingOutlet outlet;
    std::uint32_t number = hub.add(outlet);

    void publish(std::size_t count, std::size_t kept = 100) {
        for (std::size_t published = 0; published < count; ++published)
            hub.publish({.channel = "a",
                         .content = {.message = Message::text("x")},
                         .history = {.count = kept, .age = 1h}});
    }
    Result<History> join(const HistoryQuery& query = {}) {
        Result<History> answer = History();
        hub.join({.channel = "a", .member = {.outlet = number, .number = 1}, .history = query},
                 [&](Result<History> history) { answer = std::move(history); });
        outlet.turn();
        return answer;
    }
    void pass(std::chrono::seconds time) {
        for (; time.count() > 0; --time) {
            now += 1s;
            hub.tick();
            outlet.turn();
        }
    }
};

TEST_F(Gaps, WhatIsMissingIsAskedFor) {
    EXPECT_TRUE(join());
    publish(6);
    broker.tell(0);
    broker.lose(0);
    broker.lose(0);
    broker.tell_all();
    EXPECT_EQ(outlet.offsets, Offsets{});
    outlet.turn();
    EXPECT_EQ(outlet.offsets, (Offsets{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(hub.counts().gaps, 1U);
    EXPECT_EQ(hub.counts().interruptions, 0U);
}

TEST_F(Gaps, WhatComesTwiceOrLateIsDeliveredOnceAndInOrder) {
    broker.fails = false;
    EXPECT_TRUE(join());
    publish(4);
    broker.delays = true;
    broker.tell(0, true);
    broker.tell(0);
    broker.tell(2);
    broker.tell(1);
    outlet.turn();
    EXPECT_EQ(outlet.offsets, Offsets{1});
    broker.tell(0);
    outlet.turn();
    EXPECT_EQ(outlet.offsets, (Offsets{1, 2, 3, 4}));
    // The answer changes nothing any more.
    broker.answer();
    outlet.turn();
    EXPECT_EQ(outlet.offsets, (Offsets{1, 2, 3, 4}));
}

TEST_F(Gaps, OneQuestionIsEnoughForAllThatWaits) {
    EXPECT_TRUE(join());
    publish(200, 1000);
    broker.lose(0);
    broker.delays = true;
    broker.tell_all();
    outlet.turn();
    EXPECT_EQ(broker.asked, 1U);
    broker.answer();
    outlet.turn();
    EXPECT_EQ(outlet.offsets.size(), 200U);
    EXPECT_EQ(broker.asked, 1U);
}

TEST_F(Gaps, WhatIsLostMeanwhileIsAskedForAgain) {
    EXPECT_TRUE(join());
    publish(3);
    broker.delays = true;
    broker.lose(0);
    broker.tell(0);
    outlet.turn();
    broker.lose(0);  // the third
    publish(2);
    broker.lose(0);  // the fourth
    broker.tell(0);
    broker.answer();  // it knew of three
    outlet.turn();
    EXPECT_EQ(outlet.offsets, (Offsets{1, 2, 3}));
    broker.answer();
    outlet.turn();
    EXPECT_EQ(outlet.offsets, (Offsets{1, 2, 3, 4, 5}));
}

TEST_F(Gaps, WhatTheHistoryDoesNotHoldAnyMoreIsToldToBeMissing) {
    EXPECT_TRUE(join());
    publish(9, 3);
    broker.tell(0);
    for (int lost = 0; lost < 7; ++lost) broker.lose(0);
    broker.tell(0);
    outlet.turn();
    // What there is comes after it.
    EXPECT_EQ(outlet.offsets, (Offsets{1, interrupted, 7, 8, 9}));
    ASSERT_EQ(outlet.interruptions.size(), 1U);
    EXPECT_EQ(outlet.interruptions.front(), (Position{.epoch = 1, .offset = 6}));
    EXPECT_EQ(hub.counts().interruptions, 1U);
    publish(1, 3);
    broker.tell_all();
    outlet.turn();
    EXPECT_EQ(outlet.offsets.back(), 10U);
}

TEST_F(Gaps, AnotherEpochIsToldToBeAnInterruption) {
    EXPECT_TRUE(join());
    publish(2);
    broker.tell_all();
    broker.forget_everything();
    publish(3);
    broker.lose(0);
    broker.tell_all();
    outlet.turn();
    EXPECT_EQ(outlet.offsets, (Offsets{1, 2, interrupted, 1, 2, 3}));
    EXPECT_EQ(outlet.interruptions.front(), (Position{.epoch = 2, .offset = 0}));
}

TEST_F(Gaps, AStragglerOfAnEpochBeforeIsForgotten) {
    EXPECT_TRUE(join());
    publish(1);
    const auto straggler = broker.news.front();
    broker.tell_all();
    broker.forget_everything();
    publish(1);
    broker.tell_all();
    outlet.turn();
    broker.news.push_back(straggler);
    broker.tell_all();
    outlet.turn();
    publish(1);
    broker.tell_all();
    outlet.turn();
    pass(20s);
    EXPECT_EQ(outlet.offsets, (Offsets{1, interrupted, 1, 2}));
}

TEST_F(Gaps, ABrokerThatHasGoneBackIsAnInterruption) {
    EXPECT_TRUE(join());
    publish(5);
    broker.tell_all();
    broker.forget_all_but_the_epoch();
    publish(1);
    pass(65s);
    EXPECT_EQ(outlet.offsets, (Offsets{1, 2, 3, 4, 5, interrupted, 1}));
}

TEST_F(Gaps, WhoeverJoinsBetweenTwoEpochsIsToldSo) {
    EXPECT_TRUE(join());
    publish(2);
    broker.tell_all();
    broker.delays = true;
    std::optional<History> late;
    hub.join({.channel = "a",
              .member = {.outlet = number, .number = 2},
              .history = {.since = Position{.epoch = 1, .offset = 0}}},
             [&](Result<History> history) { late = std::move(history.value()); });
    broker.forget_everything();
    publish(1);
    broker.tell_all();
    outlet.turn();
    broker.answer(1);  // which epoch counts
    broker.answer(0);  // what the other one had
    outlet.turn();
    ASSERT_TRUE(late);
    EXPECT_FALSE(late->recovered);
    EXPECT_TRUE(late->publications.empty());
    EXPECT_EQ(late->top, broker.top());
    broker.answer();
    publish(1);
    broker.tell_all();
    outlet.turn();
    EXPECT_EQ(outlet.offsets, (Offsets{1, 2, interrupted, 1, 2}));
}

TEST_F(Gaps, WhoeverJoinsAndWasLeftOutOfTooMuchIsToldSo) {
    EXPECT_TRUE(join());
    broker.delays = true;
    std::optional<History> late;
    hub.join({.channel = "a", .member = {.outlet = number, .number = 2}, .history = {.last = 1}},
             [&](Result<History> history) { late = std::move(history.value()); });
    publish(Gap::most + 1, 1);
    broker.tell_all();
    broker.answer();
    outlet.turn();
    ASSERT_TRUE(late);
    EXPECT_FALSE(late->recovered);
    EXPECT_EQ(late->top, broker.top());
}

TEST_F(Gaps, ABrokerThatFailsForAMomentIsAskedAgain) {
    EXPECT_TRUE(join());
    publish(3);
    broker.lose(0);
    broker.fails = true;
    broker.tell_all();
    outlet.turn();
    pass(3s);
    EXPECT_EQ(outlet.offsets, Offsets{});
    broker.fails = false;
    pass(1s);
    EXPECT_EQ(outlet.offsets, (Offsets{1, 2, 3}));
}

TEST_F(Gaps, ABrokerThatGoesOnFailingIsAnInterruption) {
    EXPECT_TRUE(join());
    publish(3);
    broker.lose(0);
    broker.fails = true;
    broker.tell_all();
    outlet.turn();
    pass(4s);
    EXPECT_EQ(outlet.offsets, Offsets{});
    pass(1s);
    EXPECT_EQ(outlet.offsets, (Offsets{interrupted, 2, 3}));
    pass(10s);
    EXPECT_EQ(outlet.interruptions.size(), 1U);
}

TEST_F(Gaps, ABrokerThatNeverAnswersIsAnInterruption) {
    EXPECT_TRUE(join());
    publish(2);
    broker.lose(0);
    broker.delays = true;
    broker.tell_all();
    outlet.turn();
    pass(5s);
    EXPECT_EQ(outlet.offsets, (Offsets{interrupted, 2}));
    broker.answer();
    outlet.turn();
    EXPECT_EQ(outlet.offsets, (Offsets{interrupted, 2}));
}

TEST_F(Gaps, NoMoreWaitsThanTheBounds) {
    EXPECT_TRUE(join());
    broker.delays = true;
    publish(1, 1);
    broker.lose(0);
    publish(Gap::most);
    broker.tell_all();
    outlet.turn();
    EXPECT_TRUE(outlet.interruptions.empty());
    publish(1);
    broker.tell_all();
    outlet.turn();
    EXPECT_EQ(outlet.interruptions.size(), 1U);
    EXPECT_EQ(outlet.offsets.size(), Gap::most + 2);  // with the interruption
    const std::string big(Gap::most_bytes / 2, 'x');
    for (int published = 0; published < 4; ++published)
        hub.publish({.channel = "a", .content = {.message = Message::text(big)}});
    broker.lose(0);
    broker.tell_all();
    outlet.turn();
    EXPECT_EQ(outlet.interruptions.size(), 2U);
}

TEST_F(Gaps, WhatIsLostAndNotFollowedByAnythingIsFoundByAsking) {
    EXPECT_TRUE(join());
    publish(2);
    broker.lose(0);
    broker.lose(0);
    outlet.turn();
    EXPECT_EQ(broker.asked, 0U);
    pass(65s);
    EXPECT_EQ(outlet.offsets, (Offsets{1, 2}));
    const std::size_t asked = broker.asked;
    EXPECT_GE(asked, 1U);
    EXPECT_LE(asked, 2U);
    broker.forget_everything();
    pass(65s);
    EXPECT_EQ(outlet.offsets, (Offsets{1, 2, interrupted}));
    // Nobody who is asked in vain is interrupted for that.
    broker.fails = true;
    pass(200s);
    EXPECT_EQ(outlet.interruptions.size(), 1U);
    EXPECT_EQ(hub.counts().gaps, 0U);
}

TEST_F(Gaps, WhoeverJoinsWhileSomethingIsMissingGetsItWithTheOthers) {
    EXPECT_TRUE(join());
    publish(1);
    const Position first = broker.top();
    broker.tell_all();
    publish(3);
    broker.delays = true;
    broker.lose(0);
    broker.tell_all();
    outlet.turn();
    broker.delays = false;
    const auto joined = join({.since = Position{.epoch = first.epoch, .offset = 0}});
    ASSERT_TRUE(joined);
    EXPECT_TRUE(joined->recovered);
    ASSERT_EQ(joined->publications.size(), 1U);
    EXPECT_EQ(joined->top, first);
    broker.answer();
    outlet.turn();
    EXPECT_EQ(outlet.offsets, (Offsets{1, 2, 3, 4}));
    // Somebody who knows more than the node does is not told that nothing was repeated.
    publish(2);
    const auto ahead = join({.since = broker.top()});
    EXPECT_FALSE(ahead->recovered);
    EXPECT_EQ(ahead->top.offset, 4U);
}

TEST_F(Gaps, WhatIsMissingWithTheFirstMemberIsAskedFor) {
    broker.delays = true;
    hub.join({.channel = "a", .member = {.outlet = number, .number = 1}},
             [](const Result<History>&) {});
    publish(3);
    broker.lose(1);
    broker.tell_all();
    broker.delays = false;
    broker.answer();  // there was nothing when it was asked
    outlet.turn();
    EXPECT_EQ(outlet.offsets, (Offsets{2, 3}));  // the first came with the joining
}

TEST_F(Gaps, NobodyWaitsForWhatAllHaveLeft) {
    EXPECT_TRUE(join());
    publish(2);
    broker.delays = true;
    broker.lose(0);
    broker.tell_all();
    outlet.turn();
    hub.leave("a", {.outlet = number, .number = 1}, {});
    broker.answer();
    pass(10s);
    EXPECT_EQ(outlet.offsets, Offsets{});
    EXPECT_EQ(hub.counts().channels, 0U);
    EXPECT_EQ(broker.attached, 0U);
}

TEST(MemoryBrokerGaps, IsNeverAskedWhetherSomethingIsMissing) {
    const MemoryBroker broker;
    EXPECT_FALSE(broker.may_lose());
}

// ---- at random ----------------------------------------------------------------------------------

/// A client that comes back when it is cut, and names the last it has seen; or a part of the
/// program, which stays.
struct Reader {
    bool stays = false;
    bool there = false;
    bool waits = false;  // for the answer to its joining
    std::optional<Position> last = std::nullopt;
};

struct Crowd {
    explicit Crowd(unsigned seed) : random(seed) {
        outlet.on_publication = [this](Position position) {
            for (Reader& reader : readers)
                if (reader.there) take(reader, position);
        };
        outlet.on_interruption = [this](Position position) {
            for (Reader& reader : readers) {
                if (!reader.there) continue;
                if (reader.stays) {
                    reader.last = position;
                    continue;
                }
                leave(reader);
            }
        };
    }

    unsigned up_to(std::size_t count) { return static_cast<unsigned>(random() % count); }

    void take(Reader& reader, Position position) {
        ASSERT_TRUE(reader.last);
        ASSERT_EQ(position.epoch, reader.last->epoch);
        ASSERT_EQ(position.offset, reader.last->offset + 1);
        reader.last = position;
    }

    void leave(Reader& reader) {
        if (!std::exchange(reader.there, false)) return;
        hub.leave("a", {.outlet = number}, {});
    }

    void join(Reader& reader) {
        if (reader.there || reader.waits) return;
        reader.waits = true;
        hub.join({.channel = "a", .member = {.outlet = number}, .history = {.since = reader.last}},
                 [&](const Result<History>& history) {
                     reader.waits = false;
                     if (!history) return;
                     reader.there = true;
                     Position first = history->top;
                     if (!history->publications.empty()) {
                         first = history->publications.front()->position();
                         --first.offset;
                     }
                     if (!history->recovered) {
                         // It is told; what there is need not reach the top.
                         reader.last = history->top;
                         return;
                     }
                     if (reader.last && !history->publications.empty()) {
                         ASSERT_EQ(first, *reader.last);
                     }
                     if (!reader.last) reader.last = first;
                     for (const auto& publication : history->publications)
                         take(reader, publication->position());
                     ASSERT_EQ(*reader.last, history->top);
                 });
    }

    void step() {
        switch (up_to(12)) {
            case 0:
            case 1:
            case 2:
                hub.publish({.channel = "a",
                             .content = {.message = Message::text("x")},
                             .history = {.count = kept, .age = 1h}});
                break;
            case 3:
                join(readers[up_to(readers.size())]);
                break;
            case 4:
                if (!broker.answers.empty()) broker.answer(up_to(broker.answers.size()));
                break;
            case 5:
                disturb();
                break;
            case 6:
            case 7:
                outlet.turn();
                break;
            case 8: {
                Reader& reader = readers[up_to(readers.size())];
                if (up_to(2) == 0 && !reader.stays) leave(reader);
                break;
            }
            default:
                // Mostly in order.
                if (!broker.news.empty())
                    broker.tell(up_to(4) == 0 ? up_to(broker.news.size()) : 0);
        }
        if (up_to(20) == 0) pass(1s);
    }

    void disturb() {
        switch (up_to(6)) {
            case 0:
            case 1:
                if (!broker.news.empty()) broker.lose(up_to(broker.news.size()));
                break;
            case 2:
                if (!broker.news.empty()) broker.tell(up_to(broker.news.size()), true);
                break;
            case 3:
                broker.fails = !broker.fails;
                break;
            case 4:
                broker.delays = !broker.delays;
                break;
            default:
                if (up_to(2) == 0) broker.forget_everything();
        }
    }

    void pass(std::chrono::seconds time) {
        now += time;
        hub.tick();
    }

    /// All is well again, and everybody has what there is.
    void settle(bool publishes) {
        broker.fails = false;
        broker.delays = false;
        if (publishes) hub.publish({.channel = "a", .content = {.message = Message::text("x")}});
        for (int second = 0; second < 80; ++second) {
            broker.tell_all();
            while (!broker.answers.empty()) broker.answer();
            outlet.turn();
            for (Reader& reader : readers) join(reader);
            outlet.turn();
            pass(1s);
        }
        outlet.turn();
    }

    std::mt19937 random;
    std::size_t kept = 1 + random() % 20;
    Clock::time_point now;
    LossyBroker broker;
    Hub hub{broker, {.gap_patience = 5s, .look_every = 32s, .now = [this] { return now; }}};
    NotingOutlet outlet;
    std::uint32_t number = hub.add(outlet);
    std::deque<Reader> readers{Reader{}, Reader{}, Reader{}, Reader{.stays = true}};
};

TEST(GapsAtRandom, EveryReaderGetsEverythingOnceAndInOrderOrIsToldThatItDoesNot) {
    std::uint64_t filled = 0;
    std::uint64_t interruptions = 0;
    for (unsigned seed = 0; seed < 1500; ++seed) {
        SCOPED_TRACE(seed);
        Crowd crowd(seed);
        for (int step = 0; step < 200 && !testing::Test::HasFatalFailure(); ++step) crowd.step();
        crowd.settle(seed % 2 == 0);
        for (const Reader& reader : crowd.readers) {
            ASSERT_TRUE(reader.there);
            ASSERT_EQ(*reader.last, crowd.broker.top());
        }
        ASSERT_FALSE(testing::Test::HasFatalFailure());
        filled += crowd.hub.counts().gaps;
        interruptions += crowd.hub.counts().interruptions;
    }
    EXPECT_GT(filled, interruptions);
    EXPECT_GT(interruptions, 0U);
}

}  // namespace
}  // namespace longwire::hub
