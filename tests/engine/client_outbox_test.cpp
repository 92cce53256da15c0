// What a Client keeps of messages that have yet to leave.
#include "engine/client/client_outbox.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace longwire::engine {
namespace {

constexpr std::size_t head = 8;

std::vector<std::string> take_all(ClientOutbox& outbox) {
    std::vector<std::string> taken;
    while (!outbox.empty()) {
        const Message message = outbox.front();
        taken.push_back((message.is_text() ? "text " : "binary ") + std::string(message.text()));
        outbox.pop();
    }
    return taken;
}

TEST(ClientOutbox, GivesBackWhatItWasGivenInItsOrder) {
    ClientOutbox outbox;
    EXPECT_TRUE(outbox.empty());
    const std::string large(100'000, 'l');
    outbox.add(Message::text("first"));
    outbox.add(Message::binary({}));
    outbox.add(Message::text(large));
    EXPECT_EQ(outbox.payload(), 100'005U);
    EXPECT_EQ(outbox.size(), 100'005U + 3 * head);
    EXPECT_EQ(take_all(outbox),
              (std::vector<std::string>{"text first", "binary ", "text " + large}));
    EXPECT_EQ(outbox.size(), 0U);
    EXPECT_EQ(outbox.payload(), 0U);
}

TEST(ClientOutbox, MayBeFilledAgainWhileItIsEmptied) {
    ClientOutbox outbox;
    outbox.add(Message::text("1"));
    outbox.add(Message::text("2"));
    outbox.pop();
    outbox.add(Message::text("3"));
    EXPECT_EQ(outbox.payload(), 2U);
    EXPECT_EQ(take_all(outbox), (std::vector<std::string>{"text 2", "text 3"}));
}

TEST(ClientOutbox, TakesAllOfAnotherBehindItsOwn) {
    ClientOutbox first;
    first.add(Message::text("gone"));
    first.add(Message::text("a"));
    first.pop();
    ClientOutbox second;
    second.add(Message::text("gone"));
    second.add(Message::text("b"));
    second.add(Message::binary({}));
    second.pop();
    first.add_all(second);
    EXPECT_EQ(first.payload(), 2U);
    EXPECT_EQ(take_all(first), (std::vector<std::string>{"text a", "text b", "binary "}));
}

TEST(ClientOutbox, KeepsTheFirstThatFit) {
    for (std::size_t most = 0; most < 60; ++most) {
        ClientOutbox outbox;
        outbox.add(Message::text("gone"));
        for (const char* text : {"four", "", "eight..."}) outbox.add(Message::text(text));
        outbox.pop();
        outbox.keep_first(most);
        std::vector<std::string> expected;
        if (most >= head + 4) expected.emplace_back("text four");
        if (most >= 2 * head + 4) expected.emplace_back("text ");
        if (most >= 3 * head + 12) expected.emplace_back("text eight...");
        EXPECT_LE(outbox.size(), most);
        EXPECT_EQ(take_all(outbox), expected) << most;
    }
}

}  // namespace
}  // namespace longwire::engine
