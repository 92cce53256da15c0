// longwire::Client: the events and rules of the WHATWG's WebSocket interface.
#include "client_events.hpp"
#include "raw_server.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace longwire {
namespace {

using namespace std::chrono_literals;

class ClientObject : public testing::Test {
protected:
    void start() {
        running.server.websocket("/echo", echo_handlers(), {.subprotocols = {"chat"}});
        running.start();
    }

    ClientEvents events;  // outlives the clients of the tests
    RunningServer running;
};

TEST_F(ClientObject, TellsItsEventsInTheOrderOfTheStandard) {
    start();
    std::vector<ReadyState> states;
    ClientOptions options = events.watch();
    options.on_open = [&](Client& client) {
        states.push_back(client.ready_state());
        events.note("open");
        EXPECT_NE(client.send("hello"), SendStatus::dropped);
    };
    options.on_message = [&](Client& client, Message message) {
        events.note("message " + std::string(message.text()));
        EXPECT_TRUE(client.close(CloseCode{3001}, "done"));
        states.push_back(client.ready_state());
    };
    options.on_close = [&](Client& client, const CloseStatus& status) {
        states.push_back(client.ready_state());
        EXPECT_EQ(client.send("late"), SendStatus::dropped);
        EXPECT_TRUE(client.close());
        events.note("close " + std::to_string(to_number(status.code)) + " " +
                    std::string(status.reason) + (status.clean ? " clean" : ""));
    };
    const Client client(running.url("/echo"), options);
    events.wait_for("close");
    EXPECT_EQ(events.all(), "open, message hello, close 3001  clean");
    EXPECT_EQ(states, (std::vector{ReadyState::open, ReadyState::closing, ReadyState::closed}));
}

TEST_F(ClientObject, KnowsWhatWasAgreedOn) {
    start();
    Client client(running.url("/echo"), {.subprotocols = {"other", "chat"}});
    EXPECT_EQ(client.url(), running.url("/echo"));
    std::promise<void> opened;
    client.on_message([&](Client&, Message) { opened.set_value(); });
    while (client.ready_state() == ReadyState::connecting) std::this_thread::yield();
    EXPECT_EQ(client.ready_state(), ReadyState::open);
    EXPECT_EQ(client.protocol(), "chat");
    EXPECT_TRUE(client.extensions().starts_with("permessage-deflate")) << client.extensions();
    client.send("x");
    opened.get_future().wait();
}

TEST_F(ClientObject, IsMadeOfAUrlAndSubprotocolsAsInABrowser) {
    start();
    const Client client(running.url("/echo"), {"superchat", "chat"});
    while (client.ready_state() == ReadyState::connecting) std::this_thread::yield();
    EXPECT_EQ(client.protocol(), "chat");
    const Client plain(running.url("/echo"));
    while (plain.ready_state() == ReadyState::connecting) std::this_thread::yield();
    EXPECT_EQ(plain.protocol(), "");
}

TEST_F(ClientObject, ConnectsFromTheAddressThatItIsGiven) {
    std::promise<std::string> peer;
    running.server.websocket("/", {.on_open = [&](WebSocket& socket, const Request&) {
                                 peer.set_value(socket.peer());
                             }});
    running.start();
    const Client client(running.url("/"), {.local_address = "127.0.0.9"});
    const std::string seen = peer.get_future().get();
    EXPECT_TRUE(seen.starts_with("127.0.0.9:")) << seen;
}

TEST_F(ClientObject, ClosesOnlyAsTheStandardAllows) {
    start();
    Client client(running.url("/echo"), events.watch());
    for (const int code : {0, 999, 1001, 1005, 1006, 1011, 2999, 5000}) {
        const auto closed = client.close(CloseCode{static_cast<std::uint16_t>(code)});
        ASSERT_FALSE(closed) << code;
        EXPECT_EQ(closed.error().code(), ErrorCode::invalid_argument);
    }
    EXPECT_FALSE(client.close(CloseCode::normal, std::string(124, 'x')));
    EXPECT_FALSE(client.close(CloseCode::normal, "\xFF"));
    events.wait_for("open");
    EXPECT_EQ(client.ready_state(), ReadyState::open);
    EXPECT_TRUE(client.close(CloseCode{4999}, std::string(123, 'x')));
    events.wait_for("close");
    EXPECT_EQ(events.all(), "open, close 4999 clean");
}

TEST_F(ClientObject, AConnectionThatCannotBeMadeIsAnErrorAndACloseWith1006) {
    start();
    const Client client(running.url("/nothing"), events.watch());
    events.wait_for("close");
    EXPECT_EQ(events.all(), "error, close 1006 unclean");
    EXPECT_NE(events.last_error().find("404"), std::string::npos) << events.last_error();
}

TEST_F(ClientObject, AWrongUrlOrOptionIsAnEventToo) {
    const Client client("mailto:me", events.watch());
    events.wait_for("close 1006");
    EXPECT_NE(events.last_error().find("mailto"), std::string::npos);
    ClientEvents others;
    const Client other("ws://127.0.0.1/", others.watch({.subprotocols = {"two words"}}));
    others.wait_for("close 1006");
    EXPECT_NE(others.last_error().find("two words"), std::string::npos);
}

TEST_F(ClientObject, ClosedWhileConnectingItFails) {
    const RawServer server;
    Client client(server.url(), events.watch());
    const RawConnection connection = server.accept();
    EXPECT_EQ(client.ready_state(), ReadyState::connecting);
    EXPECT_TRUE(client.close());
    EXPECT_NE(client.ready_state(), ReadyState::open);
    events.wait_for("close");
    EXPECT_EQ(events.all(), "error, close 1006 unclean");
}

TEST_F(ClientObject, AConnectionThatIsLostIsAnError) {
    const RawServer server;
    const Client client(server.url(), events.watch());
    RawConnection connection = server.accept();
    connection.send(switching_to(connection.read_until("\r\n\r\n")));
    events.wait_for("open");
    connection.vanish();
    events.wait_for("close");
    EXPECT_EQ(events.all(), "open, error, close 1006 unclean");
}

TEST_F(ClientObject, TheServersCloseIsTold) {
    running.server.websocket("/leave", {.on_message = [](WebSocket& socket, Message) {
                                 socket.close(CloseCode{4123}, "enough");
                             }});
    running.start();
    Client client(running.url("/leave"), events.watch());
    events.wait_for("open");
    client.send("x");
    events.wait_for("close");
    EXPECT_EQ(events.all(), "open, close 4123 clean enough");
}

TEST_F(ClientObject, NoMessageIsToldOnceItIsClosing) {
    running.server.websocket("/", {.on_message = [](WebSocket& socket, Message) {
                                 for (int count = 0; count < 100; ++count) socket.send("more");
                             }});
    running.start();
    ClientOptions options = events.watch();
    options.on_message = [&](Client& client, Message message) {
        events.note(std::string(message.text()));
        EXPECT_TRUE(client.close());
    };
    Client client(running.url("/"), options);
    events.wait_for("open");
    client.send("x");
    events.wait_for("close");
    EXPECT_EQ(events.all(), "open, more, close 1000 clean");
}

TEST_F(ClientObject, WhatWasSentBeforeLeavesBeforeTheGoodbye) {
    std::promise<int> counted;
    int count = 0;
    running.server.websocket(
        "/",
        {.on_message = [&](WebSocket&, Message) { ++count; },
         .on_close = [&](WebSocket&, CloseCode, std::string_view) { counted.set_value(count); }});
    running.start();
    Client client(running.url("/"), events.watch());
    events.wait_for("open");
    for (int index = 0; index < 1000; ++index)
        EXPECT_NE(client.send("message"), SendStatus::dropped);
    EXPECT_TRUE(client.close());
    EXPECT_EQ(client.send("late"), SendStatus::dropped);
    EXPECT_EQ(counted.get_future().get(), 1000);
    events.wait_for("close 1000 clean");
}

TEST_F(ClientObject, ThreadsSendAtOnceEachInItsOrder) {
    constexpr int threads = 4;
    constexpr int messages = 500;
    std::map<char, int> last;
    int count = 0;
    std::promise<void> all;
    running.server.websocket("/", {.on_message = [&](WebSocket&, Message message) {
                                 const std::string text(message.text());
                                 int& number = last[text[0]];
                                 EXPECT_EQ(std::stoi(text.substr(1)), number++);
                                 if (++count == threads * messages) all.set_value();
                             }});
    running.start();
    Client client(running.url("/"), events.watch({.limits = {.max_backlog = 1 << 24}}));
    events.wait_for("open");
    std::vector<std::thread> senders;
    for (int thread = 0; thread < threads; ++thread)
        senders.emplace_back([&, thread] {
            for (int index = 0; index < messages; ++index)
                EXPECT_NE(client.send(static_cast<char>('a' + thread) + std::to_string(index)),
                          SendStatus::dropped);
        });
    for (std::thread& sender : senders) sender.join();
    all.get_future().wait();
}

TEST_F(ClientObject, WhatDoesNotFitIsDropped) {
    const RawServer server;
    Client client(server.url(), events.watch({.limits = {.max_backlog = 200'000}}));
    EXPECT_EQ(client.send("too early"), SendStatus::dropped);
    RawConnection connection = server.accept();
    connection.send(switching_to(connection.read_until("\r\n\r\n")));
    events.wait_for("open");
    const std::string message(100'000, 'x');
    // The kernel takes some megabytes first.
    int taken = 0;
    while (client.send(message) != SendStatus::dropped && taken < 2000) ++taken;
    EXPECT_LT(taken, 2000);
    EXPECT_GT(client.buffered_amount(), 0U);
    EXPECT_LE(client.buffered_amount(), 400'000U);
}

TEST_F(ClientObject, MeasuresTheRoundTrip) {
    start();
    const Client client(running.url("/echo"), events.watch({.limits = {.ping_every = 5ms}}));
    events.wait_for("open");
    while (!client.round_trip()) std::this_thread::yield();
    EXPECT_GT(client.round_trip()->count(), 0);
}

TEST_F(ClientObject, AHandlerThatThrowsClosesItsOwnConnectionAndNoOther) {
    std::promise<CloseCode> code;
    running.server.websocket("/throw",
                             {.on_close = [&](WebSocket&, CloseCode given, std::string_view) {
                                 code.set_value(given);
                             }});
    start();
    Client other(running.url("/echo"), events.watch());
    events.wait_for("open");
    ClientEvents thrower;
    ClientOptions options = thrower.watch();
    options.on_open = [](Client&) { throw std::runtime_error("of the test"); };
    const Client client(running.url("/throw"), options);
    EXPECT_EQ(code.get_future().get(), CloseCode::internal_error);
    thrower.wait_for("close 1011");
    other.send("still here");
    events.wait_for("message still here");
}

// ---- being destroyed ----------------------------------------------------------------------------

TEST_F(ClientObject, MayBeDestroyedInEachOfItsEvents) {
    start();
    for (const std::string where : {"open", "message", "error", "close"}) {
        std::unique_ptr<Client> client;
        std::promise<void> gone;
        std::atomic<int> told = 0;
        std::mutex made;
        const auto destroy = [&](const std::string& event) {
            ++told;
            if (event != where) return;
            {
                const std::scoped_lock lock(made);
                client.reset();
            }
            told = 0;
            gone.set_value();
        };
        ClientOptions options;
        options.on_open = [&](Client& self) {
            if (where != "open") self.send("x");
            destroy("open");
        };
        options.on_message = [&](Client& self, Message) {
            if (where == "close") (void)self.close();
            destroy("message");
        };
        options.on_error = [&](Client&, const Error&) { destroy("error"); };
        options.on_close = [&](Client&, const CloseStatus&) { destroy("close"); };
        {
            const std::scoped_lock lock(made);
            client = std::make_unique<Client>(running.url(where == "error" ? "/nothing" : "/echo"),
                                              options);
        }
        gone.get_future().wait();
        EXPECT_EQ(told, 0) << where;
    }
}

TEST_F(ClientObject, ItsEndWaitsForTheEventThatIsBeingHandled) {
    start();
    std::promise<void> entered;
    std::atomic<bool> left = false;
    ClientOptions options;
    options.on_open = [&](Client&) {
        entered.set_value();
        std::this_thread::sleep_for(30ms);  // not to wait for anything, but to be waited for
        left = true;
    };
    {
        const Client client(running.url("/echo"), options);
        entered.get_future().wait();
    }
    EXPECT_TRUE(left);
}

TEST_F(ClientObject, DestroyedItClosesWith1000) {
    std::promise<CloseCode> code;
    running.server.websocket("/", {.on_close = [&](WebSocket&, CloseCode given, std::string_view) {
                                 code.set_value(given);
                             }});
    running.start();
    {
        const Client client(running.url("/"), events.watch());
        events.wait_for("open");
    }
    EXPECT_EQ(code.get_future().get(), CloseCode::normal);
    EXPECT_EQ(events.all(), "open");
}

TEST_F(ClientObject, MayBeDestroyedAtAnyStage) {
    start();
    const RawServer mute;
    for (int count = 0; count < 200; ++count) {
        const Client at_once(running.url("/echo"), events.watch());
        const Client never(mute.url(), events.watch());
        const Client refused("ws://127.0.0.1:1/", events.watch({.reconnect = Reconnect()}));
        for (int turns = 0; turns < count % 20; ++turns) std::this_thread::yield();
    }
}

TEST_F(ClientObject, ManyShareOneThread) {
    start();
    std::mutex mutex;
    std::set<std::thread::id> threads;
    std::atomic<int> open = 0;
    std::promise<void> all;
    auto options = std::make_shared<ClientOptions>();
    options->on_message = [&](Client&, Message) {
        const std::scoped_lock lock(mutex);
        threads.insert(std::this_thread::get_id());
        if (++open == 300) all.set_value();
    };
    options->on_open = [](Client& client) { client.send("x"); };
    std::vector<std::unique_ptr<Client>> clients;
    for (int count = 0; count < 300; ++count)
        clients.push_back(std::make_unique<Client>(running.url("/echo"), options));
    all.get_future().wait();
    EXPECT_EQ(threads.size(), 1U);
    EXPECT_FALSE(threads.contains(std::this_thread::get_id()));
}

}  // namespace
}  // namespace longwire
