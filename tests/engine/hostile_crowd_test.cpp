// A thousand good clients, and among them every kind of slow one.
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace longwire {
namespace {

using std::chrono::milliseconds;

constexpr int good_clients = 1000;
constexpr int rounds = 20;
constexpr int bad_of_each_kind = 50;

Task<> talk(std::string url, std::atomic<int>& answered) {
    auto socket = co_await connect(url);
    if (!socket) {
        ADD_FAILURE() << socket.error().message();
        co_return;
    }
    for (int round = 0; round < rounds; ++round) {
        const std::string text = "round " + std::to_string(round);
        co_await socket->send(text);
        const auto answer = co_await socket->receive();
        if (!answer || answer->text() != text) {
            ADD_FAILURE() << "no answer in " << text;
            co_return;
        }
        ++answered;
        co_await sleep_for(milliseconds(100));
    }
    socket->close();
    while (co_await socket->receive()) {
    }
}

Task<> talk_all(std::string url, std::atomic<int>& answered) {
    // In groups, so that none waits long for its handshake.
    for (int count = 0; count < good_clients; ++count) {
        spawn(talk(url, answered));
        if (count % 50 == 49) co_await sleep_for(milliseconds(10));
    }
    while (answered < good_clients * rounds && !testing::Test::HasFailure())
        co_await sleep_for(milliseconds(20));
}

/// Sends its bytes one at a time, one in each call.
struct Dribble {
    std::unique_ptr<RawClient> client;
    std::string bytes;
    std::size_t sent = 0;
    bool shed = false;

    void step() {
        if (shed) return;
        shed = sent == bytes.size() || !client->try_send(bytes.substr(sent, 1));
        ++sent;
    }
};

TEST(HostileCrowd, IsShedAndNobodyElseNoticesIt) {
    RunningServer running({.handshake_timeout = milliseconds(1000)});
    std::atomic<int> bad_open = 0;
    const WebSocketOptions strict = {.limits = {.max_backlog = 100'000,
                                                .ping_after = milliseconds(500),
                                                .idle_timeout = milliseconds(1000),
                                                .close_timeout = milliseconds(500),
                                                .frame_timeout = milliseconds(1000)}};
    running.server.websocket("/echo", echo_handlers());
    running.server.websocket(
        "/strict",
        {.on_open = [&](WebSocket&, const Request&) { ++bad_open; },
         .on_message =
             [](WebSocket& socket, Message) {
                 for (int count = 0; count < 100; ++count) socket.send(std::string(65536, 'x'));
             },
         .on_close = [&](WebSocket&, CloseCode, std::string_view) { --bad_open; }},
        strict);
    running.start();

    const auto upgraded = [&] {
        auto client = std::make_unique<RawClient>(running.port);
        client->upgrade("/strict");
        return client;
    };
    std::vector<Dribble> dribbles;
    std::vector<std::unique_ptr<RawClient>> silent;
    const std::string endless(4000, 'h');  // short enough to have no more time for its length
    for (int count = 0; count < bad_of_each_kind; ++count) {
        auto in_handshake = std::make_unique<RawClient>(running.port);
        dribbles.push_back({std::move(in_handshake), "GET /" + endless});
        dribbles.push_back({upgraded(), client_frame(binary, endless).substr(0, 9) + endless});
        dribbles.push_back({upgraded(), client_frame(text, endless)});
        // One that says nothing and answers no ping, one that asks for much and never reads.
        silent.push_back(upgraded());
        silent.push_back(upgraded());
        silent.back()->send(client_frame(text, "flood me"));
    }

    std::atomic<int> answered = 0;
    std::thread good([&] { EXPECT_EQ(run(talk_all(running.url("/echo"), answered)), 0); });
    const auto all_shed = [&] {
        for (const Dribble& dribble : dribbles)
            if (!dribble.shed) return false;
        return bad_open == 0;
    };
    for (int tries = 0; tries < 1000 && !all_shed(); ++tries) {
        for (Dribble& dribble : dribbles) dribble.step();
        std::this_thread::sleep_for(milliseconds(20));
    }
    EXPECT_TRUE(all_shed()) << bad_open << " are still open";
    for (const Dribble& dribble : dribbles) EXPECT_LT(dribble.sent, dribble.bytes.size());
    good.join();
    EXPECT_EQ(answered, good_clients * rounds);
}

}  // namespace
}  // namespace longwire
