// Clients that say all they have and leave at once: nothing of it may be lost.
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace longwire {
namespace {

constexpr int threads = 4;
constexpr int connections = 10'000;
constexpr int messages = 20;

const std::string handshake =
    "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// What the server has received, in all.
struct Received {
    std::atomic<int> messages = 0;
    std::atomic<int> closed_normally = 0;
};

WebSocketHandlers counting(Received& received) {
    return {.on_message =
                [&received](WebSocket& socket, Message message) {
                    ++received.messages;
                    socket.send(message);
                },
            .on_close =
                [&received](WebSocket&, CloseCode code, std::string_view) {
                    if (code == CloseCode::normal) ++received.closed_normally;
                }};
}

std::string burst() {
    std::string frames;
    for (int count = 0; count < messages; ++count)
        frames += client_frame(text, "message " + std::to_string(count));
    return frames + client_frame(close_opcode, close_payload(1000));
}

std::string answers() {
    std::string frames;
    for (int count = 0; count < messages; ++count)
        frames += server_frame(text, "message " + std::to_string(count));
    return frames + server_frame(close_opcode, close_payload(1000));
}

/// Runs `client` once for each connection, on several threads.
template <class Client>
void for_each_connection(Client client) {
    std::vector<std::thread> running;
    for (int thread = 0; thread < threads; ++thread)
        running.emplace_back([&client, thread] {
            for (int number = thread; number < connections; number += threads) client(number);
        });
    for (std::thread& thread : running) thread.join();
}

TEST(Burst, EveryMessageBeforeTheCloseFrameArrivesAndIsAnswered) {
    Received received;
    RunningServer running;
    running.server.websocket("/", counting(received));
    running.start();
    const std::string all = handshake + burst();
    const std::string expected = answers();
    std::atomic<int> complete = 0;
    std::atomic<int> resets = 0;
    for_each_connection([&](int number) {
        RawClient client(running.port);
        // At once, or cut somewhere.
        const std::size_t cut = static_cast<std::size_t>(number) % all.size();
        client.send(all.substr(0, cut));
        client.send(all.substr(cut));
        client.read_until("\r\n\r\n");
        if (client.read_all() == expected) ++complete;
        if (client.was_reset()) ++resets;
    });
    EXPECT_EQ(received.messages, connections * messages);
    EXPECT_EQ(received.closed_normally, connections);
    EXPECT_EQ(complete, connections);
    EXPECT_EQ(resets, 0);
}

TEST(Burst, AlsoOfAClientThatShutsItsSideAndNeverReadsBefore) {
    Received received;
    RunningServer running;
    running.server.websocket("/", counting(received));
    running.start();
    const std::string all = handshake + burst();
    std::atomic<int> resets = 0;
    for_each_connection([&](int) {
        RawClient client(running.port);
        client.send(all);
        client.shut();
        client.read_all();
        if (client.was_reset()) ++resets;
    });
    EXPECT_EQ(received.messages, connections * messages);
    EXPECT_EQ(resets, 0);
}

TEST(Burst, AlsoWithoutACloseFrame) {
    Received received;
    RunningServer running;
    running.server.websocket("/", counting(received));
    running.start();
    std::string frames = burst();
    frames.resize(frames.size() - 8);
    for_each_connection([&](int) {
        RawClient client(running.port);
        client.send(handshake + frames);
        client.shut();
        client.read_all();
    });
    EXPECT_EQ(received.messages, connections * messages);
}

}  // namespace
}  // namespace longwire
