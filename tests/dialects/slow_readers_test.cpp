// What becomes of messages for a reader that stops, by each rule, while a thousand others get
// everything in order: over real sockets.
#include "crowd.hpp"
#include "quiet_server.hpp"
#include "running_server.hpp"

#include <longwire/longwire.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace longwire {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t many = 100;
#else
constexpr std::size_t many = 1000;
#endif
constexpr std::size_t most_messages = 5000;
constexpr std::size_t message_size = 2000;
// Of the newest messages, how many have room beside what is on the way, at the least.
constexpr std::ptrdiff_t newest_kept = 5;

std::string upgrade_request(const std::string& path) {
    return "GET " + path +
           " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
}

struct SlowReaders : QuietServer {
    [[nodiscard]] RunningServer& served() noexcept override { return running; }

    [[nodiscard]] std::uint64_t drops(SlowReader policy) const {
        return running.server.counts().drops.at(std::size_t(policy));
    }
    void await_subscriptions(std::size_t count) const {
        while (hub.counts().subscriptions != count)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    /// Publishes the next message, and now and then lets the crowd catch up, so that it is slow at
    /// no time.
    void publish(const std::string& channel, const Crowd& crowd, std::size_t size = message_size) {
        hub.publish(channel, numbered(++published, size));
        if (published % 10 == 0) {
            ASSERT_TRUE(crowd.await(published));
        }
    }
    /// The numbers of the messages in what a WebSocket received, and the code of the close frame.
    struct Received {
        std::vector<std::size_t> numbers;
        std::optional<std::size_t> closed;
    };
    static Received read_frames(std::string_view text) {
        Received received;
        text.remove_prefix(text.find("\r\n\r\n") + 4);
        while (text.size() >= 4) {
            const auto byte = [&](std::size_t index) {
                return std::size_t(static_cast<unsigned char>(text[index]));
            };
            const std::size_t head = byte(1) == 126 ? 4 : 2;
            const std::size_t size = head == 4 ? byte(2) << 8U | byte(3) : byte(1);
            if (text.size() < head + size) break;
            if (byte(0) == 0x88)
                received.closed = byte(2) << 8U | byte(3);
            else
                received.numbers.push_back(number_of(text.substr(head, size)));
            text.remove_prefix(head + size);
        }
        return received;
    }
    /// How many of the numbers, from the first on, follow each other.
    static std::size_t run_length(const std::vector<std::size_t>& numbers) {
        std::size_t length = 0;
        while (length < numbers.size() && numbers[length] == numbers.front() + length) ++length;
        return length;
    }

    /// One reader stops at once; what it has received in the end.
    Received try_out(SlowReader policy, const std::string& channel) {
        SlowSocket slow(running.port, upgrade_request("/channels/" + channel));
        const Crowd crowd(running.port, "/channels/" + channel, many);
        await_subscriptions(many + 1);
        while (drops(policy) == 0 && published < most_messages) publish(channel, crowd);
        EXPECT_GT(drops(policy), 0U);
        for (int more = 0; more < 20; ++more) publish(channel, crowd);
        EXPECT_TRUE(crowd.await(published));
        if (policy == SlowReader::close) {
            EXPECT_TRUE(slow.read_until("reads too slowly"));
            EXPECT_TRUE(crowd.await(published));
            return read_frames(slow.text);
        }
        // When it reads again there is room again, sooner or later.
        std::uint64_t before = 0;
        do {
            slow.read_what_there_is();
            before = drops(policy);
            publish(channel, crowd);
            EXPECT_TRUE(crowd.await(published));
        } while (policy == SlowReader::drop_newest && drops(policy) > before &&
                 published < most_messages);
        EXPECT_TRUE(slow.read_until(numbered(published, message_size)));
        EXPECT_TRUE(crowd.await(published));
        return read_frames(slow.text);
    }

    RunningServer running{{.threads = 2}};
    Hub hub{running.server,
            {.rules = {{.pattern = "close", .history_count = 1000},
                       {.pattern = "newest", .slow_reader = SlowReader::drop_newest},
                       {.pattern = "oldest", .slow_reader = SlowReader::drop_oldest},
                       {.pattern = "latest", .slow_reader = SlowReader::latest}},
             .authorize = [](AuthorizationRequest question) { question.allow(); },
             .websocket = {.limits = {.max_backlog = std::size_t{64} * 1024,
                                      .compression = Compression::off}}}};
    std::size_t published = 0;
};

TEST_F(SlowReaders, CloseEndsItWithoutAGap) {
    const Received received = try_out(SlowReader::close, "close");
    EXPECT_EQ(run_length(received.numbers), received.numbers.size());
    EXPECT_EQ(received.closed, 1008U);
    EXPECT_LT(received.numbers.size(), published);
    EXPECT_EQ(drops(SlowReader::close), 1U);
}

TEST_F(SlowReaders, DropNewestLeavesOutWhatHasNoRoom) {
    const Received received = try_out(SlowReader::drop_newest, "newest");
    // What it got first has no gap; what came when there was room again is the newest.
    EXPECT_GT(run_length(received.numbers), 20U);
    EXPECT_LT(run_length(received.numbers), received.numbers.size());
    EXPECT_EQ(std::ranges::adjacent_find(received.numbers, std::ranges::greater_equal()),
              received.numbers.end());
    EXPECT_EQ(received.numbers.back(), published);
    EXPECT_EQ(received.numbers.size() + drops(SlowReader::drop_newest), published);
}

TEST_F(SlowReaders, DropOldestKeepsWhatIsNew) {
    const Received received = try_out(SlowReader::drop_oldest, "oldest");
    const std::size_t first = run_length(received.numbers);
    ASSERT_LT(first, received.numbers.size());
    // What had left, then a gap, and what waited is the newest. (Each time that the system takes
    // more, the oldest that waits then leaves too, so there may be a gap after it again.)
    EXPECT_EQ(std::ranges::adjacent_find(received.numbers, std::ranges::greater_equal()),
              received.numbers.end());
    ASSERT_GE(std::ssize(received.numbers), newest_kept);
    EXPECT_EQ(run_length({received.numbers.end() - newest_kept, received.numbers.end()}),
              std::size_t(newest_kept));
    EXPECT_EQ(received.numbers.back(), published);
    EXPECT_EQ(received.numbers.size() + drops(SlowReader::drop_oldest), published);
}

TEST_F(SlowReaders, LatestKeepsTheLastOnly) {
    const Received received = try_out(SlowReader::latest, "latest");
    const std::size_t first = run_length(received.numbers);
    // What had left, the last of those that waited, and the one after it. (Each time that the
    // system takes more, the one that is the latest then leaves too.)
    EXPECT_GE(received.numbers.size(), first + 2);
    EXPECT_LT(received.numbers.size(), published);
    EXPECT_EQ(std::ranges::adjacent_find(received.numbers, std::ranges::greater_equal()),
              received.numbers.end());
    EXPECT_EQ(received.numbers.back(), published);
    EXPECT_EQ(received.numbers.size() + drops(SlowReader::latest), published);
}

// ---- EventSource --------------------------------------------------------------------------------

std::string stream_request(const std::string& path, const std::string& last_id = {}) {
    return "GET " + path + " HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n" +
           (last_id.empty() ? "" : "Last-Event-ID: " + last_id + "\r\n") + "\r\n";
}

/// Of the events that are whole.
std::vector<std::size_t> event_numbers(std::string_view text, std::string& last_id) {
    std::vector<std::size_t> numbers;
    for (std::size_t at = text.find("id: "); at != std::string_view::npos;
         at = text.find("id: ", at + 1)) {
        const std::size_t end = text.find("\n\n", at);
        if (end == std::string_view::npos) break;
        const std::string_view event = text.substr(at, end - at);
        last_id = event.substr(4, event.find('\n') - 4);
        const std::size_t data = event.find("data: ");
        if (event.find("event: joined") == std::string_view::npos)
            numbers.push_back(number_of(event.substr(data + 6)));
    }
    return numbers;
}

constexpr std::size_t large = 16'000;

TEST_F(SlowReaders, AnEventSourceIsCutAndMissesNothingWhenItComesBack) {
    std::string last_id;
    {
        SlowSocket slow(running.port, stream_request("/channels/close"));
        const Crowd crowd(running.port, "/channels/close", many / 5);
        await_subscriptions(many / 5 + 1);
        while (hub.counts().subscriptions > many / 5 && published < 500)
            publish("close", crowd, large);
        EXPECT_EQ(hub.counts().subscriptions, many / 5);
        for (int more = 0; more < 20; ++more) publish("close", crowd, large);
        EXPECT_TRUE(crowd.await(published));
        while (slow.read_until("\n\n", slow.text.size())) {
        }
        const auto numbers = event_numbers(slow.text, last_id);
        EXPECT_EQ(run_length(numbers), numbers.size());
        EXPECT_LT(numbers.size(), published);
    }
    SlowSocket again(running.port, stream_request("/channels/close", last_id));
    EXPECT_TRUE(again.read_until("data: " + std::to_string(published) + " "));
    EXPECT_TRUE(again.read_until("\n\n", again.text.rfind("data: ")));
    EXPECT_NE(again.text.find(R"("recovered":true)"), std::string::npos);
    const std::size_t next =
        std::strtoul(last_id.substr(last_id.find('-') + 1).c_str(), nullptr, 10) + 1;
    const auto numbers = event_numbers(again.text, last_id);
    ASSERT_FALSE(numbers.empty());
    EXPECT_EQ(numbers.front(), next);
    EXPECT_EQ(run_length(numbers), numbers.size());
    EXPECT_EQ(numbers.back(), published);
}

TEST_F(SlowReaders, AnEventSourceGetsTheLatestOnlyWhereTheRuleSaysSo) {
    SlowSocket slow(running.port, stream_request("/channels/latest"));
    const Crowd crowd(running.port, "/channels/latest", many / 5);
    await_subscriptions(many / 5 + 1);
    for (int count = 0; count < 100; ++count) publish("latest", crowd, large);
    EXPECT_TRUE(crowd.await(published));
    EXPECT_EQ(hub.counts().subscriptions, many / 5 + 1);
    EXPECT_TRUE(slow.read_until("data: " + std::to_string(published) + " "));
    EXPECT_TRUE(slow.read_until("\n\n", slow.text.rfind("data: ")));
    std::string last_id;
    const auto numbers = event_numbers(slow.text, last_id);
    // (What the systems keep grows a little at first.)
    EXPECT_EQ(std::ranges::adjacent_find(numbers, std::ranges::greater_equal()), numbers.end());
    EXPECT_EQ(numbers.back(), published);
    EXPECT_LT(numbers.size(), 60U);
}

}  // namespace
}  // namespace longwire
