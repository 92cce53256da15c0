// A Client's end: when it is destroyed, whatever it is doing, and when the program ends.
#include "client_events.hpp"
#include "raw_client.hpp"
#include "raw_server.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace longwire {
namespace {

using namespace std::chrono_literals;

/// Accepts the next client, and opens its connection.

TEST(ClientLifetime, WhatItsHandlersHeldIsGoneWithIt) {
    const auto held = std::make_shared<int>(0);
    const RawServer server;
    std::optional<RawConnection> connection;
    {
        ClientEvents events;
        ClientOptions options = events.watch();
        options.on_message = [held](Client&, Message) {};
        const Client client(server.url(), std::move(options));
        connection.emplace(open_next(server));
        events.wait_for("open");
        EXPECT_EQ(held.use_count(), 2);
    }
    // Its connection has yet to be closed, but that needs no handlers.
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_EQ(read_frame(*connection).payload, close_payload(1000));
}

TEST(ClientLifetime, WhatItTookBeforeLeavesThoughItIsDestroyed) {
    const RawServer server;
    std::optional<RawConnection> connection;
    int taken = 0;
    {
        ClientEvents events;
        Client client(server.url(), events.watch({.limits = {.max_backlog = std::size_t{1} << 25,
                                                             .compression = Compression::off}}));
        connection.emplace(open_next(server));
        events.wait_for("open");
        // More than the kernel takes from one that is not read.
        const std::string message(100'000, 'x');
        for (; taken < 200; ++taken) ASSERT_NE(client.send(message), SendStatus::dropped);
    }
    for (int count = 0; count < taken; ++count)
        ASSERT_EQ(read_frame(*connection).payload.size(), 100'000U) << count;
    EXPECT_EQ(read_frame(*connection).payload, close_payload(1000));
}

TEST(ClientLifetime, AServerThatReadsNothingDoesNotKeepWhatIsClosed) {
    const RawServer server;
    ClientEvents events;
    Client client(server.url(), events.watch({.limits = {.max_backlog = std::size_t{1} << 25,
                                                         .compression = Compression::off,
                                                         .close_timeout = 20ms}}));
    const RawConnection connection = open_next(server);
    events.wait_for("open");
    const std::string message(100'000, 'x');
    for (int count = 0; count < 200; ++count) ASSERT_NE(client.send(message), SendStatus::dropped);
    EXPECT_GT(client.buffered_amount(), 0U);
    EXPECT_TRUE(client.close());
    EXPECT_EQ(client.ready_state(), ReadyState::closing);
    events.wait_for("close 1006");
    EXPECT_EQ(client.buffered_amount(), 0U);
}

TEST(ClientLifetime, AHookThatIsUnderWayEndsWithTheClient) {
    const auto held = std::make_shared<int>(0);
    std::promise<void> asked;
    ClientEvents events;
    {
        ClientOptions options = events.watch();
        options.before_connect = [&asked, held](ClientRequest&) -> Task<> {
            const std::shared_ptr<int> within = held;
            asked.set_value();
            co_await sleep_for(1h);
            *within = 1;
        };
        const Client client("ws://127.0.0.1:1/", std::move(options));
        asked.get_future().wait();
        EXPECT_EQ(held.use_count(), 3);
    }
    // Its coroutine; the function goes with what the loop keeps of the Client.
    EXPECT_LE(held.use_count(), 2);
    EXPECT_EQ(events.all(), "");
}

TEST(ClientLifetime, AHookThatIsUnderWayEndsWhenTheClientIsClosed) {
    std::promise<void> asked;
    ClientEvents events;
    ClientOptions options = events.watch();
    options.before_connect = [&asked](ClientRequest&) -> Task<> {
        asked.set_value();
        co_await sleep_for(1h);
    };
    Client client("ws://127.0.0.1:1/", std::move(options));
    asked.get_future().wait();
    EXPECT_TRUE(client.close());
    events.wait_for("close");
    EXPECT_EQ(events.all(), "error, close 1006 unclean");
}

TEST(ClientLifetime, ClosedBeforeItHasBegunItFailsToo) {
    for (int count = 0; count < 50; ++count) {
        ClientEvents events;
        Client client("ws://127.0.0.1:1/", events.watch({.reconnect = Reconnect()}));
        EXPECT_TRUE(client.close());
        EXPECT_NE(client.ready_state(), ReadyState::connecting);
        events.wait_for("close 1006");
    }
}

TEST(ClientLifetime, AHandlerMayReplaceItself) {
    RunningServer running;
    running.server.websocket("/", echo_handlers());
    running.start();
    ClientEvents events;
    ClientOptions options = events.watch();
    const auto held = std::make_shared<std::string>("first");
    options.on_message = [&events, held](Client& client, Message) {
        client.on_message([&events](Client& self, Message message) {
            events.note("second " + std::string(message.text()));
            self.on_message(nullptr);
            self.send("unheard");
            (void)self.close();
        });
        // Still there, though it has been replaced.
        events.note(*held);
        client.send("b");
    };
    Client client(running.url("/"), std::move(options));
    events.wait_for("open");
    client.send("a");
    events.wait_for("close");
    EXPECT_EQ(events.all(), "open, first, second b, close 1000 clean");
    EXPECT_EQ(held.use_count(), 1);
}

TEST(ClientLifetime, OptionsMayBeSharedAndAHandlerStillBeItsOwn) {
    RunningServer running;
    running.server.websocket("/", echo_handlers());
    running.start();
    ClientEvents events;
    const auto shared = std::make_shared<const ClientOptions>(events.watch());
    Client one(running.url("/"), shared);
    Client other(running.url("/"), shared);
    events.wait_for("open", 2);
    other.on_message([&](Client&, Message) { events.note("own"); });
    one.send("to one");
    events.wait_for("message to one");
    other.send("to other");
    events.wait_for("own");
}

// ---- the program's end --------------------------------------------------------------------------

// In a process of its own: one that ends with a thread still at work.
class ClientAtExit : public testing::Test {
protected:
    ClientAtExit() { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

[[noreturn]] void end_with_static_clients() {
    static ClientEvents events;
    static const RawServer mute;
    static Client waiting("ws://127.0.0.1:1/", events.watch({.reconnect = Reconnect()}));
    static Client connecting(mute.url(), events.watch());
    static Client* const never_destroyed = new Client(mute.url(), events.watch());
    events.wait_for("reconnecting 1");
    EXPECT_NE(never_destroyed, nullptr);
    std::exit(0);
}

TEST_F(ClientAtExit, ClientsMayBeStaticAndMayBeLeft) {
    EXPECT_EXIT(end_with_static_clients(), testing::ExitedWithCode(0), "");
}

[[noreturn]] void end_in_a_handler() {
    std::promise<void> never;
    const Client client("ws://127.0.0.1:1/",
                        {.on_error = [](Client&, const Error&) { std::exit(3); }});
    never.get_future().wait();
    std::abort();
}

TEST_F(ClientAtExit, AHandlerMayEndTheProgram) {
    EXPECT_EXIT(end_in_a_handler(), testing::ExitedWithCode(3), "");
}

[[noreturn]] void say_and_end(std::uint16_t port) {
    {
        ClientEvents events;
        Client client("ws://127.0.0.1:" + std::to_string(port) + "/", events.watch());
        events.wait_for("open");
        client.send("last words");
    }
    std::exit(0);
}

TEST_F(ClientAtExit, WhatWasSaidLastStillLeaves) {
    // Seen by the server of the process that waits for the other.
    std::promise<std::string> heard;
    std::promise<CloseCode> code;
    RunningServer running;
    running.server.websocket(
        "/", {.on_message = [&](WebSocket&,
                                Message message) { heard.set_value(std::string(message.text())); },
              .on_close = [&](WebSocket&, CloseCode given,
                              std::string_view) { code.set_value(given); }});
    running.start();
    // The other process begins this test anew, with a server of its own that nobody calls.
    const char* const known = std::getenv("LONGWIRE_TEST_PORT");
    if (known == nullptr) setenv("LONGWIRE_TEST_PORT", std::to_string(running.port).c_str(), 1);
    const auto port = static_cast<std::uint16_t>(
        known == nullptr ? running.port : std::strtoul(known, nullptr, 10));
    EXPECT_EXIT(say_and_end(port), testing::ExitedWithCode(0), "");
    unsetenv("LONGWIRE_TEST_PORT");
    EXPECT_EQ(heard.get_future().get(), "last words");
    EXPECT_EQ(code.get_future().get(), CloseCode::normal);
}

}  // namespace
}  // namespace longwire
