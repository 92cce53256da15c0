// What becomes of messages for one that stops reading, while others get everything in order.
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace longwire {
namespace {

constexpr std::size_t kilobyte = 1024;
constexpr std::size_t payload_size = 16 * kilobyte;
// More than the kernel and the backlog hold together.
constexpr int count = 1500;

/// Ten readers of one topic, of which one does not read; and "direct", which sends to the slow one
/// alone.
class SlowReaderTest {
public:
    explicit SlowReaderTest(SlowReader of_route, std::string_view topic = "plain") : topic_(topic) {
        running.server.topic("oldest/*", {.slow_reader = SlowReader::drop_oldest});
        running.server.topic("latest", {.slow_reader = SlowReader::latest});
        running.server.websocket(
            "/",
            {.on_open =
                 [topic](WebSocket& socket, const Request&) {
                     socket.subscribe(topic);
                     socket.send("open");
                 },
             .on_close = [this](WebSocket&, CloseCode code, std::string_view) { closed = code; }},
            {.limits = {.max_backlog = 256 * kilobyte, .compression = Compression::off},
             .slow_reader = of_route});
        running.start();
        slow = open();
        for (int index = 0; index < 9; ++index) others.push_back(open());
    }

    /// Publishes a message that begins with each number, and has all others read it.
    void publish(int first, int behind_last) {
        for (int number = first; number < behind_last; ++number) {
            std::string message = std::to_string(number) + ":";
            message.resize(payload_size, '.');
            running.server.publish(topic_, message);
            const std::string expected = std::string("\x81\x7E\x40\x00", 4) + message;
            for (auto& other : others) ASSERT_TRUE(other->read(expected.size()) == expected);
        }
    }

    /// The number that the slow one gets next; -1 at its end.
    int next_number() const {
        const std::string head = slow->read(4);
        if (head.size() < 4 || (head[0] & 0x0F) == close_opcode) return -1;
        return std::stoi(slow->read(payload_size));
    }
    /// What it gets from now on, up to the end or `last`.
    std::vector<int> numbers_up_to(int last) const {
        std::vector<int> numbers;
        for (int number = 0; number != last && number >= 0;) {
            number = next_number();
            if (number >= 0) numbers.push_back(number);
        }
        return numbers;
    }

    RunningServer running;
    std::unique_ptr<RawClient> slow;
    std::vector<std::unique_ptr<RawClient>> others;
    CloseCode closed = CloseCode::normal;

private:
    std::unique_ptr<RawClient> open() const {
        auto client = std::make_unique<RawClient>(running.port);
        client->upgrade("/");
        EXPECT_EQ(client->read(6), server_frame(text, "open"));
        return client;
    }

    std::string topic_;
};

/// How many numbers follow each other from the first, which is 0.
int contiguous(const std::vector<int>& numbers) {
    int number = 0;
    while (number < static_cast<int>(numbers.size()) &&
           numbers[static_cast<std::size_t>(number)] == number)
        ++number;
    return number;
}

TEST(SlowReaders, AreClosed) {
    SlowReaderTest test(SlowReader::close);
    test.publish(0, count);
    const auto numbers = test.numbers_up_to(count - 1);
    EXPECT_LT(numbers.size(), std::size_t{count});
    EXPECT_EQ(contiguous(numbers), static_cast<int>(numbers.size()));
    test.others.clear();
    test.slow.reset();
    test.running.stop();
    EXPECT_NE(test.closed, CloseCode::normal);
}

// Much of a topic is due to one that does not read, and something else is sent to it before the end
// of the turn: it gets what is due first, as far as there is room, and is closed once.
TEST(SlowReaders, AreClosedOnceHoweverMuchIsDue) {
    RunningServer running;
    WebSocket* slow = nullptr;
    std::atomic<int> closed = 0;
    running.server.websocket(
        "/slow",
        {.on_open =
             [&](WebSocket& socket, const Request&) {
                 slow = &socket;
                 socket.subscribe("topic");
             },
         .on_close = [&](WebSocket&, CloseCode, std::string_view) { ++closed; }},
        {.limits = {.max_backlog = 64 * kilobyte, .compression = Compression::off}});
    running.server.websocket(
        "/flood", {.on_message = [&](WebSocket& socket, Message) {
            const PreparedMessage message(Message::text(std::string(100, '.')));
            for (int number = 0; number < 200'000; ++number) socket.publish("topic", message);
            EXPECT_EQ(slow->send("behind all of it").status(), SendStatus::dropped);
            socket.send("done");
        }});
    running.start();
    RawClient reader(running.port);
    reader.upgrade("/slow");
    RawClient flooding(running.port);
    flooding.upgrade("/flood");
    flooding.send(client_frame(text, "now"));
    EXPECT_EQ(flooding.read(6),
              "\x81\x04"
              "done");
    reader.close();
    while (closed == 0) std::this_thread::yield();
    EXPECT_EQ(closed, 1);
}

TEST(SlowReaders, LoseTheNewest) {
    SlowReaderTest test(SlowReader::drop_newest);
    test.publish(0, count);
    // Once the slow one has read what waited, it gets what is new.
    std::vector<int> numbers;
    std::atomic<bool> reads_again = false;
    std::thread reading([&] {
        while (numbers.empty() || (numbers.back() >= 0 && numbers.back() < count))
            numbers.push_back(test.next_number());
        reads_again = true;
    });
    for (int number = count; !reads_again; ++number) test.publish(number, number + 1);
    reading.join();
    const int kept = contiguous(numbers);
    EXPECT_LT(kept, count);
    EXPECT_GE(kept, static_cast<int>(256 * kilobyte / payload_size));
    EXPECT_LT(numbers.size(), std::size_t{count});
    EXPECT_TRUE(std::ranges::is_sorted(numbers));
    EXPECT_GE(numbers.back(), count);
}

void expect_oldest_gone(SlowReaderTest& test) {
    test.publish(0, count);
    const auto numbers = test.numbers_up_to(count - 1);
    const int before = contiguous(numbers);
    const auto after = static_cast<std::size_t>(numbers.size()) - static_cast<std::size_t>(before);
    // What had left, then a gap, then the newest, as many as have room.
    EXPECT_GT(before, 0);
    ASSERT_GT(after, 4U);
    EXPECT_LE(after, 256 * kilobyte / payload_size);
    for (std::size_t index = 0; index < after; ++index)
        EXPECT_EQ(numbers[numbers.size() - 1 - index], count - 1 - static_cast<int>(index));
}

TEST(SlowReaders, LoseTheOldest) {
    SlowReaderTest test(SlowReader::drop_oldest);
    expect_oldest_gone(test);
}

TEST(SlowReaders, LoseTheOldestOfATopicThatSaysSo) {
    SlowReaderTest test(SlowReader::close, "oldest/prices");
    expect_oldest_gone(test);
}

void expect_latest(SlowReaderTest& test) {
    test.publish(0, count);
    const auto numbers = test.numbers_up_to(count - 1);
    const int before = contiguous(numbers);
    EXPECT_GT(before, 0);
    EXPECT_LT(before, count - 1);
    ASSERT_EQ(numbers.size(), static_cast<std::size_t>(before) + 1);
    EXPECT_EQ(numbers.back(), count - 1);
}

TEST(SlowReaders, GetTheLatest) {
    SlowReaderTest test(SlowReader::latest);
    expect_latest(test);
}

TEST(SlowReaders, GetTheLatestOfATopicThatSaysSo) {
    SlowReaderTest test(SlowReader::close, "latest");
    expect_latest(test);
}

}  // namespace
}  // namespace longwire
