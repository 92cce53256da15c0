// Many threads with many Clients, and a Client with many threads.
#include "client_events.hpp"
#include "raw_server.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace longwire {
namespace {

using namespace std::chrono_literals;

class ClientThreads : public testing::Test {
protected:
    ClientThreads() {
        running.server.websocket("/echo", echo_handlers());
        running.start();
    }

    RunningServer running;
};

TEST_F(ClientThreads, AllFunctionsMayBeCalledAtOnce) {
    for (int round = 0; round < 20; ++round) {
        ClientEvents events;
        Client client(running.url("/echo"),
                      events.watch({.limits = {.ping_every = 1ms}, .max_queue = 1000}));
        std::atomic<bool> closed = false;
        std::vector<std::thread> threads;
        threads.emplace_back([&] {
            while (!closed) client.send("text");
        });
        threads.emplace_back([&] {
            while (!closed) {
                (void)client.buffered_amount();
                (void)client.round_trip();
                (void)client.url();
                (void)client.protocol();
                (void)client.extensions();
            }
        });
        threads.emplace_back([&] {
            while (!closed) {
                client.on_message([&](Client& self, Message message) { self.send(message); });
                client.on_message(nullptr);
            }
        });
        threads.emplace_back([&] {
            events.wait_for("open");
            EXPECT_TRUE(client.close(CloseCode{4000 + 1}, "enough"));
            events.wait_for("close");
            closed = true;
        });
        for (std::thread& thread : threads) thread.join();
        EXPECT_EQ(client.ready_state(), ReadyState::closed);
        EXPECT_NE(events.all().find("close 4001 clean"), std::string::npos) << events.all();
    }
}

TEST_F(ClientThreads, ClientsAreMadeUsedAndDestroyedEverywhere) {
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([this, thread] {
            std::atomic<int> told = 0;
            for (int count = 0; count < 50; ++count) {
                std::promise<void> reached;
                std::once_flag once;
                // Destroyed while it connects, in its first event, or after a message.
                const int stage = (count + thread) % 3;
                const auto reach = [&] { std::call_once(once, [&] { reached.set_value(); }); };
                Client client(running.url("/echo"),
                              {.on_open =
                                   [&](Client& self) {
                                       ++told;
                                       self.send("x");
                                       if (stage == 1) reach();
                                   },
                               .on_message =
                                   [&](Client&, Message) {
                                       ++told;
                                       reach();
                                   },
                               .on_close = [&](Client&, const CloseStatus&) { ADD_FAILURE(); }});
                client.send("too early, perhaps");
                if (stage > 0) reached.get_future().wait();
            }
            const int before = told;
            std::this_thread::yield();
            EXPECT_EQ(told, before);
        });
    for (std::thread& thread : threads) thread.join();
}

TEST_F(ClientThreads, OneClientsHandlerMayDestroyAnother) {
    ClientEvents events;
    auto victim = std::make_unique<Client>(running.url("/echo"), events.watch());
    events.wait_for("open");
    std::promise<void> done;
    const Client client(running.url("/echo"), {.on_open = [&](Client&) {
                            victim->send("unheard");
                            victim.reset();
                            done.set_value();
                        }});
    done.get_future().wait();
    EXPECT_EQ(events.all(), "open");
}

TEST_F(ClientThreads, WhatIsBufferedIsNoneOnceAllHasLeft) {
    ClientEvents events;
    Client client(running.url("/echo"), events.watch());
    events.wait_for("open");
    for (int count = 0; count < 100; ++count) {
        EXPECT_EQ(client.send("message"), SendStatus::sent);
        // Nothing comes or goes any more that would tell of it.
        while (client.buffered_amount() > 0) std::this_thread::yield();
    }
    events.wait_for("message", 100);
}

TEST_F(ClientThreads, WhatWaitsIsBoundedWhateverItsSize) {
    const RawServer mute;
    Client client(mute.url(), {.max_queue = 1000});
    int taken = 0;
    while (taken < 10'000 && client.send("") == SendStatus::buffered) ++taken;
    EXPECT_EQ(taken, 1000 / 8);
    EXPECT_EQ(client.buffered_amount(), 0U);
    Client without(mute.url(), ClientOptions());
    EXPECT_EQ(without.send(""), SendStatus::dropped);
}

TEST(ClientAndServer, TheServerMayGoAwayAndComeBackAtTheSamePort) {
    ClientEvents events;
    RunningServer first;
    first.server.websocket("/", echo_handlers());
    first.start();
    const Reconnect quickly = {.first_delay = 2ms, .max_delay = 20ms};
    Client client(first.url("/"), events.watch({.reconnect = quickly, .max_queue = 1000}));
    events.wait_for("open");
    const std::uint16_t port = first.port;
    first.stop();
    events.wait_for("reconnecting");
    EXPECT_EQ(client.ready_state(), ReadyState::connecting);
    EXPECT_EQ(client.send("meanwhile"), SendStatus::buffered);
    RunningServer second;
    second.server.websocket("/", echo_handlers());
    second.start({.port = port});
    events.wait_for("open", 2);
    events.wait_for("message meanwhile");
    EXPECT_TRUE(client.close());
    events.wait_for("close 1000 clean");
}

TEST(ClientAndServer, AHandlerThatThrowsLosesItsConnectionAndComesBack) {
    ClientEvents events;
    RunningServer running;
    running.server.websocket("/", echo_handlers());
    running.start();
    ClientOptions options =
        events.watch({.reconnect = Reconnect{.first_delay = 2ms, .max_delay = 2ms}});
    options.on_message = [&](Client& client, Message message) {
        if (message.text() != "throw") return events.note("message " + std::string(message.text()));
        EXPECT_EQ(client.ready_state(), ReadyState::open);
        throw std::runtime_error("of the test");
    };
    Client client(running.url("/"), std::move(options));
    events.wait_for("open");
    client.send("throw");
    events.wait_for("open", 2);
    EXPECT_EQ(events.all(), "open, reconnecting 1, open");
    client.send("again");
    events.wait_for("message again");
}

}  // namespace
}  // namespace longwire
