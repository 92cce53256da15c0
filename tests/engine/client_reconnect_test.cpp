// A Client that stays connected.
#include "client_events.hpp"
#include "raw_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace longwire {
namespace {

using namespace std::chrono_literals;

const Reconnect quickly = {.first_delay = 2ms, .max_delay = 10ms, .steady_after = 0ms};

/// Accepts the next client, and opens its connection.

/// A close frame with `code`, unmasked.
std::string close_frame(unsigned code) {
    return {'\x88', '\x02', static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
}

TEST(ClientReconnect, ComesBackToAServerThatWasLost) {
    ClientEvents events;
    const RawServer server;
    const Client client(server.url(), events.watch({.reconnect = quickly}));
    for (std::size_t count = 1; count <= 3; ++count) {
        RawConnection connection = open_next(server);
        events.wait_for("open", count);
        connection.vanish();
        events.wait_for("reconnecting", count);
    }
    RawConnection connection = open_next(server);
    events.wait_for("open", 4);
    EXPECT_EQ(events.all(),
              "open, reconnecting 1, open, reconnecting 1, open, reconnecting 1, open");
}

TEST(ClientReconnect, TriesAgainWhereNobodyListensAndGivesUpInTheEnd) {
    std::string url;
    {
        const RawServer server;
        url = server.url();
    }
    ClientEvents events;
    Reconnect thrice = quickly;
    thrice.max_tries = 3;
    Client client(url, events.watch({.reconnect = thrice}));
    events.wait_for("close");
    EXPECT_EQ(events.all(),
              "reconnecting 1, reconnecting 2, reconnecting 3, error, close 1006 unclean");
    EXPECT_EQ(client.ready_state(), ReadyState::closed);
}

TEST(ClientReconnect, RespectsCodesThatMeanNotToComeBack) {
    for (const unsigned code : {1000U, 1008U, 3000U}) {
        ClientEvents events;
        const RawServer server;
        const Client client(server.url(), events.watch({.reconnect = quickly}));
        RawConnection connection = open_next(server);
        connection.send(close_frame(code));
        events.wait_for("close");
        EXPECT_EQ(events.all(), "open, close " + std::to_string(code) + " clean");
    }
}

TEST(ClientReconnect, ComesBackAfterOthers) {
    ClientEvents events;
    const RawServer server;
    const Client client(server.url(), events.watch({.reconnect = quickly}));
    RawConnection first = open_next(server);
    first.send(close_frame(1012));
    (void)read_frame(first);
    first.close();
    RawConnection second = open_next(server);
    events.wait_for("open", 2);
    EXPECT_GE(events.delays().at(0), 2ms);
}

TEST(ClientReconnect, ARefusalThatWillNotPassIsFinal) {
    ClientEvents events;
    const RawServer server;
    const Client client(server.url(), events.watch({.reconnect = quickly}));
    RawConnection connection = server.accept();
    (void)connection.read_until("\r\n\r\n");
    connection.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
    events.wait_for("close 1006");
    EXPECT_NE(events.last_error().find("403"), std::string::npos);
}

TEST(ClientReconnect, ObeysRetryAfter) {
    ClientEvents events;
    const RawServer server;
    Client client(server.url(), events.watch({.reconnect = quickly}));
    RawConnection connection = server.accept();
    (void)connection.read_until("\r\n\r\n");
    connection.send("HTTP/1.1 503 Busy\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n");
    events.wait_for("reconnecting 1");
    EXPECT_GE(events.delays().at(0), 60s);
    EXPECT_EQ(client.ready_state(), ReadyState::connecting);
    // What waits can be closed.
    EXPECT_TRUE(client.close());
    events.wait_for("close");
    EXPECT_EQ(events.all(), "reconnecting 1, close 1006 unclean");
}

TEST(ClientReconnect, KeepsWhatIsSentMeanwhileAndSendsItAfterWhatOnOpenSends) {
    ClientEvents events;
    const RawServer server;
    ClientOptions options = events.watch({.reconnect = quickly, .max_queue = 44});
    options.on_open = [&](Client& client) {
        EXPECT_EQ(client.send("hello"), SendStatus::sent);
        events.note("open");
    };
    Client client(server.url(), options);
    EXPECT_EQ(client.send("12345678"), SendStatus::buffered);
    EXPECT_EQ(client.send("abcdefgh"), SendStatus::buffered);
    EXPECT_EQ(client.buffered_amount(), 16U);
    EXPECT_EQ(client.send("too much"), SendStatus::dropped);
    EXPECT_EQ(client.send("fits"), SendStatus::buffered);
    RawConnection connection = open_next(server);
    for (const std::string expected : {"hello", "12345678", "abcdefgh", "fits"})
        EXPECT_EQ(read_frame(connection).payload, expected);
    events.wait_for("open");
    connection.vanish();
    events.wait_for("reconnecting");
    EXPECT_EQ(client.send("again"), SendStatus::buffered);
    RawConnection next = open_next(server);
    EXPECT_EQ(read_frame(next).payload, "hello");
    EXPECT_EQ(read_frame(next).payload, "again");
}

TEST(ClientReconnect, AHookMayChangeWhereItGoesAndWhatItShows) {
    ClientEvents events;
    const RawServer first;
    const RawServer second;
    int tries = 0;
    ClientOptions options = events.watch({.bearer = "old", .reconnect = quickly});
    options.before_connect = [&](ClientRequest& request) -> Task<> {
        co_await sleep_for(2ms);  // as whoever fetches a token
        EXPECT_EQ(request.bearer, "old");
        if (++tries == 1) co_return;
        request.bearer = "fresh";
        request.headers.emplace_back("X-Try", std::to_string(tries));
        request.url = second.url();
    };
    const Client client(first.url(), options);
    {
        RawConnection connection = first.accept();
        const std::string request = connection.read_until("\r\n\r\n");
        EXPECT_EQ(field_in(request, "Authorization"), "Bearer old");
        // With a hook, this may pass.
        connection.send("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    }
    std::string request;
    const RawConnection connection = open_next(second, &request);
    EXPECT_EQ(field_in(request, "Authorization"), "Bearer fresh");
    EXPECT_EQ(field_in(request, "X-Try"), "2");
    events.wait_for("open");
    EXPECT_EQ(client.url(), second.url());
}

TEST(ClientReconnect, AHookMayGiveUpAndMayThrow) {
    for (const bool throws : {false, true}) {
        ClientEvents events;
        ClientOptions options = events.watch({.reconnect = quickly});
        options.before_connect = [throws](ClientRequest& request) -> Task<> {
            if (throws) throw std::runtime_error("of the test");
            request.give_up = true;
            co_return;
        };
        const Client client("ws://127.0.0.1:1/", options);
        events.wait_for("close");
        EXPECT_EQ(events.all(), "error, close 1006 unclean");
        EXPECT_NE(events.last_error().find("before_connect"), std::string::npos);
    }
}

TEST(ClientReconnect, AConnectionThatHoldsIsASuccessAndOneThatDoesNotIsNone) {
    ClientEvents events;
    const RawServer server;
    const Client client(server.url(), events.watch({.reconnect = Reconnect{
                                                        .first_delay = 1ms,
                                                        .max_delay = 2ms,
                                                        .max_tries = 2,
                                                        .steady_after = 1h,
                                                    }}));
    for (int count = 0; count < 3; ++count) open_next(server).vanish();
    events.wait_for("close");
    EXPECT_NE(events.all().find("reconnecting 2"), std::string::npos);
    EXPECT_EQ(events.all().find("reconnecting 3"), std::string::npos);
}

TEST(ClientReconnect, MayBeDestroyedWhileItWaits) {
    ClientEvents events;
    {
        const Client client(
            "ws://127.0.0.1:1/",
            events.watch({.reconnect = Reconnect{.first_delay = 1h, .max_delay = 1h}}));
        events.wait_for("reconnecting 1");
    }
    EXPECT_EQ(events.all(), "reconnecting 1");
}

TEST(ClientReconnect, MayBeDestroyedWhereItIsToldThatItComesBack) {
    ClientEvents events;
    std::unique_ptr<Client> client;
    std::promise<void> made;
    std::promise<void> gone;
    ClientOptions options = events.watch({.reconnect = quickly});
    options.on_reconnecting = [&](Client&, const Interruption&) {
        made.get_future().wait();
        client.reset();
        events.note("gone");
        gone.set_value();
    };
    client = std::make_unique<Client>("ws://127.0.0.1:1/", options);
    made.set_value();
    gone.get_future().wait();
    EXPECT_EQ(events.all(), "gone");
}

TEST(ClientReconnect, MayBeDestroyedByItsHook) {
    ClientEvents events;
    const RawServer server;
    std::unique_ptr<Client> client;
    std::promise<void> made;
    std::promise<void> gone;
    auto held = std::make_shared<int>(1);
    const std::weak_ptr<int> watched = held;
    ClientOptions options = events.watch({.reconnect = quickly});
    options.before_connect = [&, held = std::move(held)](ClientRequest&) -> Task<> {
        made.get_future().wait();
        client.reset();
        gone.set_value();
        co_return;
    };
    client = std::make_unique<Client>(server.url(), std::move(options));
    made.set_value();
    gone.get_future().wait();
    // What its functions held goes with it, as soon as the hook has ended.
    while (!watched.expired()) std::this_thread::yield();
    EXPECT_EQ(events.all(), "");
}

}  // namespace
}  // namespace longwire
