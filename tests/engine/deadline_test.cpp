// Giving up what is awaited: when time is over, and when the program says so.
#include "raw_client.hpp"
#include "raw_server.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>
#include <longwire/longwire.hpp>

#include <unistd.h>

#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>

namespace longwire {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

void run_here(const std::function<Task<>()>& coroutine) {
    EXPECT_EQ(run(coroutine()), 0);
}

Task<std::string> word_after(milliseconds time) {
    co_await sleep_for(time);
    co_return "word";
}

Task<Result<int>> result_of(bool good) {
    co_await sleep_for(milliseconds(1));
    if (good) co_return 5;
    co_return failure(ErrorCode::unsupported, "on purpose");
}

Task<> throws() {
    co_await sleep_for(milliseconds(1));
    throw std::runtime_error("on purpose");
}

/// Says when its coroutine is destroyed.
Task<> forever(std::shared_ptr<int> kept) {
    co_await sleep_for(hours(1));
    *kept = 1;
}

TEST(Within, GivesWhatComesInTime) {
    run_here([]() -> Task<> {
        const Result<std::string> word = co_await within(seconds(20), word_after(milliseconds(1)));
        EXPECT_EQ(word.value_or(""), "word");
        const Result<void> slept = co_await within(seconds(20), sleep_for(milliseconds(1)));
        EXPECT_TRUE(slept);
        // A result is not wrapped in another.
        const Result<int> good = co_await within(seconds(20), result_of(true));
        EXPECT_EQ(good.value_or(0), 5);
        const Result<int> bad = co_await within(seconds(20), result_of(false));
        EXPECT_EQ(bad.error().code(), ErrorCode::unsupported);
        // What does not wait at all.
        EXPECT_TRUE(co_await within(milliseconds(0), sleep_for(milliseconds(0))));
    });
}

TEST(Within, AnExceptionArrivesWhereItIsAwaited) {
    bool caught = false;
    run_here([&]() -> Task<> {
        try {
            static_cast<void>(co_await within(seconds(20), throws()));
        } catch (const std::runtime_error&) {
            caught = true;
        }
    });
    EXPECT_TRUE(caught);
}

TEST(Within, TimeIsCountedFromWhereItIsAwaited) {
    run_here([]() -> Task<> {
        const auto busy_until = std::chrono::steady_clock::now() + milliseconds(30);
        while (std::chrono::steady_clock::now() < busy_until) {
        }
        const auto began = std::chrono::steady_clock::now();
        EXPECT_FALSE(co_await within(milliseconds(10), sleep_for(hours(1))));
        EXPECT_GE(std::chrono::steady_clock::now() - began, milliseconds(10));
        const auto asleep = std::chrono::steady_clock::now();
        co_await sleep_for(milliseconds(10));
        EXPECT_GE(std::chrono::steady_clock::now() - asleep, milliseconds(10));
    });
}

TEST(Within, DestroysWhatDoesNotComeInTime) {
    const auto kept = std::make_shared<int>(0);
    run_here([&]() -> Task<> {
        const auto began = std::chrono::steady_clock::now();
        const auto late = co_await within(milliseconds(20), forever(kept));
        EXPECT_GE(std::chrono::steady_clock::now() - began, milliseconds(20));
        EXPECT_EQ(late.error().code(), ErrorCode::timed_out);
        EXPECT_NE(late.error().message().find("20 ms"), std::string::npos);
        EXPECT_EQ(kept.use_count(), 1);
        EXPECT_FALSE(co_await within(milliseconds(0), forever(kept)));
        EXPECT_EQ(kept.use_count(), 1);
    });
    EXPECT_EQ(*kept, 0);
}

TEST(Within, OneMayStandInAnother) {
    run_here([]() -> Task<> {
        const auto kept = std::make_shared<int>(0);
        auto late = co_await within(seconds(20), within(milliseconds(5), forever(kept)));
        EXPECT_EQ(late.error().code(), ErrorCode::timed_out);
        late = co_await within(milliseconds(5), within(seconds(20), forever(kept)));
        EXPECT_EQ(late.error().code(), ErrorCode::timed_out);
        const std::stop_source stop;
        late = co_await until(stop.get_token(), within(milliseconds(5), forever(kept)));
        EXPECT_EQ(late.error().code(), ErrorCode::timed_out);
        EXPECT_EQ(kept.use_count(), 1);
    });
}

TEST(Within, IsDestroyedWithItsLoop) {
    const auto kept = std::make_shared<int>(0);
    run_here([&]() -> Task<> {
        spawn([](std::shared_ptr<int> kept) -> Task<> {
            const std::stop_source stop;
            static_cast<void>(co_await within(hours(1), forever(kept)));
        }(kept));
        spawn([](std::shared_ptr<int> kept) -> Task<> {
            const std::stop_source stop;
            static_cast<void>(co_await until(stop.get_token(), forever(kept)));
        }(kept));
        co_await sleep_for(milliseconds(1));
        EXPECT_GT(kept.use_count(), 1);
    });
    EXPECT_EQ(kept.use_count(), 1);
}

TEST(Within, AReceiveThatIsGivenUpLosesNoMessage) {
    const RawServer server;
    const RunningClient client([&]() -> Task<> {
        auto socket = co_await connect(server.url());
        EXPECT_TRUE(socket);
        if (!socket) co_return;
        auto message = co_await within(milliseconds(10), socket->receive());
        EXPECT_EQ(message.error().code(), ErrorCode::timed_out);
        // Given up in the middle of one, whole and in parts.
        socket->send("half, please");
        message = co_await within(milliseconds(30), socket->receive());
        EXPECT_FALSE(message);
        const auto part = co_await within(seconds(20), socket->receive_part());
        EXPECT_TRUE(part && *part && (*part)->text() == "half ");
        EXPECT_FALSE(co_await within(milliseconds(10), socket->receive_part()));
        socket->send("the rest, please");
        message = co_await within(seconds(20), socket->receive());
        EXPECT_TRUE(message && *message && (*message)->text() == "a message");
        message = co_await within(seconds(20), socket->receive());
        EXPECT_TRUE(message && *message && (*message)->text() == "and the next");
        socket->send("done");
        // The end of the connection is no error: nothing comes any more.
        message = co_await within(seconds(20), socket->receive());
        EXPECT_TRUE(message && !*message);
    });
    RawConnection connection = server.accept();
    connection.send(switching_to(connection.read_until("\r\n\r\n")));
    EXPECT_EQ(read_frame(connection).payload, "half, please");
    connection.send(std::string("\x01\x05", 2) + "half ");
    EXPECT_EQ(read_frame(connection).payload, "the rest, please");
    connection.send(server_frame(continuation, "a message") + server_frame(text, "and the next"));
    EXPECT_EQ(read_frame(connection).payload, "done");
    connection.shut();
}

TEST(Within, AReceiveThatIsGivenUpLimitsNothingAnyMore) {
    const RawServer server;
    const RunningClient client([&]() -> Task<> {
        auto socket = co_await connect(server.url(), {.limits = {.max_message_size = 10}});
        EXPECT_TRUE(socket);
        if (!socket) co_return;
        EXPECT_FALSE(co_await within(milliseconds(5), socket->receive()));
        socket->send("now");
        // Nobody awaits anything while it comes.
        co_await sleep_for(milliseconds(50));
        const auto part = co_await socket->receive_part();
        EXPECT_TRUE(part && part->text() == "longer than ten bytes");
    });
    RawConnection connection = server.accept();
    connection.send(switching_to(connection.read_until("\r\n\r\n")));
    EXPECT_EQ(read_frame(connection).payload, "now");
    connection.send(server_frame(text, "longer than ten bytes"));
    EXPECT_EQ(read_frame(connection).first, 0x88U);
    connection.shut();
}

TEST(Within, AConnectIsGivenUp) {
    const RawServer server;
    const RunningClient client([&]() -> Task<> {
        const auto socket = co_await within(milliseconds(20), connect(server.url(), {}));
        EXPECT_FALSE(socket);
        EXPECT_EQ(socket.error().code(), ErrorCode::timed_out);
        const auto refused = co_await within(
            seconds(20), connect("nonsense", {.subprotocols = {"a", "b"}, .origin = "o"}));
        EXPECT_EQ(refused.error().code(), ErrorCode::invalid_url);
    });
    RawConnection connection = server.accept();
    EXPECT_NE(connection.read_until("\r\n\r\n"), "");
    // The socket is closed, and not with the program.
    EXPECT_EQ(connection.read_all(), "");
}

TEST(Within, ASendToOneWhoDoesNotReadIsGivenUp) {
    const RawServer server;
    RunningClient client([&]() -> Task<> {
        constexpr std::size_t size = std::size_t{32} << 20U;
        auto socket = co_await connect(
            server.url(), {.limits = {.max_backlog = 2 * size, .compression = Compression::off}});
        EXPECT_TRUE(socket);
        if (!socket) co_return;
        const std::string payload(size, 's');
        const auto sent = co_await within(milliseconds(20), socket->send(payload));
        EXPECT_FALSE(sent);
        EXPECT_EQ(socket->ready_state(), ReadyState::open);
        const auto answered = co_await within(milliseconds(20), socket->ping_and_wait());
        EXPECT_FALSE(answered);
        socket->terminate();
    });
    RawConnection connection = server.accept();
    connection.send(switching_to(connection.read_until("\r\n\r\n")));
    client.wait();
}

TEST(Within, ADescriptorIsWatchedNoMore) {
    std::array<int, 2> ends = {};
    ASSERT_EQ(::pipe(ends.data()), 0);
    run_here([&]() -> Task<> {
        EXPECT_FALSE(co_await within(milliseconds(10), readable(ends[0])));
        EXPECT_EQ(::write(ends[1], "x", 1), 1);
        EXPECT_TRUE(co_await within(seconds(20), readable(ends[0])));
    });
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST(Until, AnyThreadMayStopWhatIsAwaited) {
    const auto kept = std::make_shared<int>(0);
    for (int round = 0; round < 50; ++round) {
        std::stop_source stop;
        std::thread other;
        run_here([&]() -> Task<> {
            other = std::thread([&] { stop.request_stop(); });
            const auto stopped = co_await until(stop.get_token(), forever(kept));
            EXPECT_EQ(stopped.error().code(), ErrorCode::cancelled);
        });
        other.join();
    }
    EXPECT_EQ(kept.use_count(), 1);
}

TEST(Until, AStopBeforeItBeginsLetsNothingBegin) {
    run_here([]() -> Task<> {
        const std::stop_source stop;
        stop.request_stop();
        bool began = false;
        const auto begins = [](bool& began) -> Task<> {
            began = true;
            co_return;
        };
        const auto stopped = co_await until(stop.get_token(), begins(began));
        EXPECT_EQ(stopped.error().code(), ErrorCode::cancelled);
        EXPECT_FALSE(began);
    });
}

TEST(Until, GivesWhatComesBeforeAndAStopAfterwardsDoesNothing) {
    run_here([]() -> Task<> {
        const std::stop_source stop;
        EXPECT_EQ((co_await until(stop.get_token(), word_after(milliseconds(1)))).value_or(""),
                  "word");
        stop.request_stop();
        // Asked and ended in the same turn: what had come counts.
        std::stop_source again;
        const auto asks = [](std::stop_source& stop) -> Task<int> {
            stop.request_stop();
            co_return 7;
        };
        EXPECT_EQ((co_await until(again.get_token(), asks(again))).value_or(0), 7);
        co_await sleep_for(milliseconds(5));
        EXPECT_TRUE(co_await until({}, sleep_for(milliseconds(1)))) << "a token that never stops";
    });
}

TEST(Until, StopsAReceiveAndTheConnectionGoesOn) {
    RunningServer running;
    running.server.websocket("/", echo_handlers());
    running.start();
    std::stop_source stop;
    std::promise<void> waiting;
    std::thread other([&] {
        waiting.get_future().wait();
        stop.request_stop();
    });
    run_here([&]() -> Task<> {
        auto socket = co_await until(stop.get_token(), connect(running.url("/")));
        EXPECT_TRUE(socket);
        if (!socket) co_return;
        waiting.set_value();
        const auto stopped = co_await until(stop.get_token(), socket->receive());
        EXPECT_EQ(stopped.error().code(), ErrorCode::cancelled);
        socket->send("still there");
        const auto message = co_await within(seconds(20), socket->receive());
        EXPECT_TRUE(message && *message && (*message)->text() == "still there");
        const auto refused = co_await until(stop.get_token(), connect(running.url("/")));
        EXPECT_EQ(refused.error().code(), ErrorCode::cancelled);
    });
    other.join();
}

TEST(Until, AStopMayComeAfterTheLoopIsGone) {
    std::stop_source stop;
    run_here([&]() -> Task<> {
        spawn([](std::stop_token token) -> Task<> {
            static_cast<void>(co_await until(std::move(token), sleep_for(hours(1))));
        }(stop.get_token()));
        co_return;
    });
    EXPECT_TRUE(stop.request_stop());
}

// Two ends at once, again and again: one of them wins, and nothing is touched afterwards.
TEST(Until, RacesWithWhatComes) {
    RunningServer running;
    running.server.websocket("/", echo_handlers());
    running.start();
    run_here([&]() -> Task<> {
        auto socket = co_await connect(running.url("/"));
        EXPECT_TRUE(socket);
        if (!socket) co_return;
        int came = 0;
        for (int round = 0; round < 300; ++round) {
            std::stop_source stop;
            socket->send(std::to_string(round));
            std::thread other([&] { stop.request_stop(); });
            auto message = co_await until(stop.get_token(), socket->receive());
            other.join();
            // Given up or not, the message is there, and is the one that is due.
            std::string text(message && *message ? (*message)->text() : "");
            if (!message) {
                const auto later = co_await socket->receive();
                text = later ? later->text() : "";
            } else {
                ++came;
            }
            EXPECT_EQ(text, std::to_string(round));
        }
        EXPECT_GE(came, 0);
    });
}

}  // namespace
}  // namespace longwire
