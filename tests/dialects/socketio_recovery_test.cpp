// What is known of a client that was cut off, from what its loop had delivered.
#include "dialects/socketio/recovery.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace longwire::dialects::socketio {
namespace {

constexpr hub::Position at(std::uint64_t epoch, std::uint64_t offset) {
    return {.epoch = epoch, .offset = offset};
}

KeptMember on_two_channels() {
    KeptMember kept;
    kept.member = {.outlet = 0, .number = 5};
    kept.rooms.push_back({.room = "a", .channel = "a", .joined = at(1, 0), .position = at(1, 3)});
    kept.rooms.push_back({.room = "b", .channel = "b", .joined = at(2, 0), .position = at(2, 2)});
    return kept;
}

DeliveryLog log_of_both() {
    DeliveryLog log;
    log.note("a", at(1, 1));
    log.note("b", at(2, 1));
    log.note("a", at(1, 2));
    log.note("b", at(2, 2));
    log.note("a", at(1, 3));
    return log;
}

TEST(SocketIoRecovery, GoesBackOnAllChannelsToTheEventThatWasSeenLast) {
    const DeliveryLog log = log_of_both();
    KeptMember kept = on_two_channels();
    ASSERT_TRUE(rewind(kept, log, "1-2"));
    EXPECT_EQ(kept.rooms[0].position, at(1, 2));
    EXPECT_EQ(kept.rooms[1].position, at(2, 1));
    kept = on_two_channels();
    ASSERT_TRUE(rewind(kept, log, "2-1"));
    EXPECT_EQ(kept.rooms[0].position, at(1, 1));
    EXPECT_EQ(kept.rooms[1].position, at(2, 1));
    kept = on_two_channels();
    ASSERT_TRUE(rewind(kept, log, "1-3"));
    EXPECT_EQ(kept.rooms[0].position, at(1, 3));
    EXPECT_EQ(kept.rooms[1].position, at(2, 2));
}

TEST(SocketIoRecovery, GoesBackToTheBeginningWhereNothingWasSeen) {
    const DeliveryLog log = log_of_both();
    KeptMember kept = on_two_channels();
    ASSERT_TRUE(rewind(kept, log, std::nullopt));
    EXPECT_EQ(kept.rooms[0].position, at(1, 0));
    EXPECT_EQ(kept.rooms[1].position, at(2, 0));
}

TEST(SocketIoRecovery, IsNoneWhereItIsNotKnownAnyMore) {
    KeptMember kept = on_two_channels();
    const DeliveryLog log = log_of_both();
    EXPECT_FALSE(rewind(kept, log, "1-9"));
    EXPECT_FALSE(rewind(kept, log, "7-1"));
    EXPECT_FALSE(rewind(kept, log, "nonsense"));
    DeliveryLog small(2);
    for (std::uint64_t offset = 1; offset <= 5; ++offset) small.note("a", at(1, offset));
    EXPECT_FALSE(rewind(kept, small, "1-3"));
    EXPECT_FALSE(rewind(kept, small, std::nullopt));
    EXPECT_TRUE(rewind(kept, small, "1-4"));
}

TEST(SocketIoRecovery, GivesNothingFromBeforeItJoined) {
    KeptMember kept = on_two_channels();
    kept.rooms[0].joined = at(1, 2);
    const DeliveryLog log = log_of_both();
    ASSERT_TRUE(rewind(kept, log, "2-1"));
    EXPECT_EQ(kept.rooms[0].position, at(1, 2));
}

TEST(SocketIoRecovery, KnowsWhatWasSentToOneAlone) {
    DeliveryLog log;
    log.note("a", at(1, 1));
    const hub::Position one = log.note_single();
    const hub::Position two = log.note_single();
    KeptMember kept = on_two_channels();
    for (std::uint64_t number : {1U, 2U}) {
        SingleEvent event;
        event.number = number;
        kept.singles.push_back(event);
    }
    ASSERT_TRUE(rewind(kept, log, to_text(one)));
    EXPECT_EQ(kept.singles.size(), 1U);
    ASSERT_TRUE(rewind(kept, log, to_text(two)));
    EXPECT_TRUE(kept.singles.empty());
    kept.singles_from = 2;  // one was forgotten
    EXPECT_FALSE(rewind(kept, log, "1-1"));
}

TEST(SocketIoRecovery, DoesNotTakeForDeliveredWhatWasSentAgainToOthers) {
    DeliveryLog log;
    log.note("a", at(1, 3));
    log.note_repeat("a", at(1, 1), 9);
    log.note_repeat("a", at(1, 2), 5);
    log.note_repeat("a", at(1, 3), 5);
    KeptMember kept = on_two_channels();
    ASSERT_TRUE(rewind(kept, log, "1-1"));  // an event that it has seen by whatever way
    EXPECT_EQ(kept.rooms[0].position, at(1, 1));
}

}  // namespace
}  // namespace longwire::dialects::socketio
