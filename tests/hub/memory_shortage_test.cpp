// What becomes of a publication where the system gives no memory: each allocation of it fails once.
#include "hub/memory_broker.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

// Of this thread: how many more are given; less than 0: all.
thread_local long allocations_left = -1;

void* allocate(std::size_t size) {
    if (allocations_left == 0) throw std::bad_alloc();
    if (allocations_left > 0) --allocations_left;
    if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) {
    return allocate(size);
}
void* operator new[](std::size_t size) {
    return allocate(size);
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}

namespace longwire::hub {
namespace {

struct DeafSink final : BrokerSink {
    void on_publication(const SharedPublication& /*publication*/) override {}
    void on_presence(const std::shared_ptr<const PresenceChange>& /*change*/) override {}
};

struct MemoryShortage : testing::Test {
    MemoryShortage() { broker.start(sink); }

    /// Nothing where it was refused.
    std::optional<Position> publish(std::string_view text, std::string_view key,
                                    long allocations = -1) {
        std::optional<Position> position;
        bool refused = false;
        const PublishRequest request = {
            .channel = channel,
            .content = {.message = Message::text(text)},
            .history = {.count = 1000, .age = std::chrono::minutes(1)},
            .idempotency_key = key,
        };
        Broker::Answer<Position> answer = [&](const Result<Position>& result) {
            allocations_left = -1;
            refused = !result;
            if (result) position = *result;
        };
        allocations_left = allocations;
        broker.publish(request, std::move(answer));
        allocations_left = -1;
        EXPECT_EQ(refused, !position);
        return position;
    }
    History history() {
        History all;
        broker.history(channel, {.last = 1000}, [&](Result<History> read) { all = *read; });
        return all;
    }

    std::string channel = "a channel whose name is longer than fits into a string itself";
    DeafSink sink;
    MemoryBroker broker;
};

TEST_F(MemoryShortage, RefusesAndLeavesNoTrace) {
    std::vector<std::string> published;
    bool refused_once = false;
    for (int round = 0; round < 100; ++round)
        for (long allocations = 0;; ++allocations) {
            const std::string text = "message " + std::to_string(round) + ", of which " +
                                     std::to_string(allocations) + " allocations are given";
            const std::string key =
                "a key that is as long as the name of the channel, for message " +
                std::to_string(round);
            const bool refused = !publish(text, key, allocations);
            refused_once = refused_once || refused;
            if (refused) continue;
            published.push_back(text);
            break;
        }
    EXPECT_TRUE(refused_once);
    const History all = history();
    ASSERT_EQ(all.publications.size(), published.size());
    for (std::size_t index = 0; index < published.size(); ++index) {
        EXPECT_EQ(all.publications[index]->message().text(), published[index]);
        EXPECT_EQ(all.publications[index]->position().offset, index + 1);
    }
    EXPECT_EQ(all.top.offset, published.size());
}

}  // namespace
}  // namespace longwire::hub
