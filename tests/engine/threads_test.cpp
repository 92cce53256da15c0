// A server with several loops: connections are spread over them, and all that crosses them.
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace longwire {
namespace {

constexpr std::size_t loops = 4;

/// A server with four loops, each connection of which says on which thread it is.
class Threads : public ::testing::Test {
protected:
    Threads() {
        running.server.websocket(
            "/", {.on_open =
                      [this](WebSocket& socket, const Request&) {
                          const std::lock_guard lock(mutex);
                          ++by_thread[std::this_thread::get_id()];
                          handles.push_back(socket.handle());
                          opened.notify_all();
                      },
                  .on_message = [](WebSocket& socket, Message message) { socket.send(message); },
                  .on_close =
                      [this](WebSocket&, CloseCode code, std::string_view) {
                          const std::lock_guard lock(mutex);
                          closes.push_back(code);
                      }});
        running.start();
    }

    std::vector<std::unique_ptr<RawClient>> open(std::size_t count) {
        const std::size_t all = handles_now().size() + count;
        std::vector<std::unique_ptr<RawClient>> clients;
        for (std::size_t index = 0; index < count; ++index) {
            clients.push_back(std::make_unique<RawClient>(running.port));
            clients.back()->upgrade("/");
        }
        // The answer to the handshake comes before on_open is called.
        std::unique_lock lock(mutex);
        opened.wait(lock, [&] { return handles.size() >= all; });
        return clients;
    }

    std::vector<Handle> handles_now() {
        const std::lock_guard lock(mutex);
        return handles;
    }

    std::mutex mutex;
    std::condition_variable opened;
    std::map<std::thread::id, int> by_thread;
    std::vector<Handle> handles;
    std::vector<CloseCode> closes;
    RunningServer running{{.threads = loops}};
};

TEST_F(Threads, EachHasItsShareOfTheConnections) {
    auto clients = open(32);
    {
        const std::lock_guard lock(mutex);
        EXPECT_EQ(by_thread.size(), loops);
        for (const auto& [thread, count] : by_thread) EXPECT_EQ(count, 8);
    }
    for (auto& client : clients) {
        client->send(client_frame(text, "hello"));
        EXPECT_EQ(client->read(7), server_frame(text, "hello"));
    }
}

TEST_F(Threads, WhereConnectionsHaveGoneNewOnesCome) {
    auto clients = open(16);
    std::thread::id emptied;
    {
        const std::lock_guard lock(mutex);
        emptied = by_thread.begin()->first;
        by_thread.clear();
    }
    // All that are on one loop leave.
    std::vector<std::promise<std::thread::id>> told(16);
    for (std::size_t index = 0; index < 16; ++index)
        ASSERT_TRUE(handles[index].post(
            [&it = told[index]](WebSocket&) { it.set_value(std::this_thread::get_id()); }));
    std::vector<Handle> gone;
    for (std::size_t index = 0; index < 16; ++index) {
        if (told[index].get_future().get() != emptied) continue;
        clients[index].reset();
        gone.push_back(handles[index]);
    }
    ASSERT_EQ(gone.size(), 4U);
    for (const Handle& handle : gone)
        while (handle.alive()) std::this_thread::yield();
    // (A handle's connection is gone a moment before its place in the loop is.)
    const auto more = open(4);
    const std::lock_guard lock(mutex);
    EXPECT_GE(by_thread[emptied], 3);
}

TEST_F(Threads, MessagesCrossLoopsInTheirOrder) {
    auto clients = open(8);
    const std::vector<Handle> all = handles_now();
    // From each connection's loop to each connection.
    constexpr int each = 200;
    for (std::size_t from = 0; from < all.size(); ++from)
        ASSERT_TRUE(all[from].post([&all, from](WebSocket&) {
            for (int number = 0; number < each; ++number)
                for (const Handle& to : all)
                    EXPECT_TRUE(to.send(std::to_string(from) + ":" + std::to_string(number)));
        }));
    for (auto& client : clients) {
        std::vector<int> last(all.size(), -1);
        for (std::size_t count = 0; count < all.size() * each; ++count) {
            const std::string head = client->read(2);
            ASSERT_EQ(head.size(), 2U);
            const std::string said = client->read(static_cast<unsigned char>(head[1]));
            const std::size_t from = static_cast<std::size_t>(said[0] - '0');
            const int number = std::stoi(said.substr(2));
            EXPECT_EQ(number, last[from] + 1);
            last[from] = number;
        }
    }
}

TEST_F(Threads, StopSaysGoodbyeOnEveryLoop) {
    auto clients = open(12);
    std::thread stopping([this] { running.stop(); });
    for (auto& client : clients) {
        EXPECT_EQ(client->read(4), server_frame(close_opcode, close_payload(1001, "")));
        client->send(client_frame(close_opcode, close_payload(1001, "")));
        client.reset();
    }
    stopping.join();
    EXPECT_EQ(running.status, 0);
    EXPECT_EQ(closes, std::vector(12, CloseCode::going_away));
    for (const Handle& handle : handles) EXPECT_FALSE(handle.alive());
}

TEST_F(Threads, ALimitOfConnectionsIsForAllLoopsTogether) {
    RunningServer limited({.threads = loops, .max_connections = 6});
    limited.server.websocket("/", echo_handlers());
    limited.start();
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int index = 0; index < 6; ++index) {
        clients.push_back(std::make_unique<RawClient>(limited.port));
        clients.back()->upgrade("/");
    }
    RawClient refused(limited.port);
    EXPECT_NE(refused.read_all().find(" 503 "), std::string::npos);
}

TEST(MaxMemoryOfManyThreads, IsForAllLoopsTogether) {
    RunningServer running({.threads = loops, .max_memory = 512 * 1024});
    running.server.websocket("/", echo_handlers());
    running.start();
    // Three of a quarter each, on three loops, leave room for no fourth and fifth.
    std::vector<std::unique_ptr<RawClient>> clients;
    const std::string much(200 * 1024, 'x');
    int refused = 0;
    for (int index = 0; index < 8 && refused == 0; ++index) {
        clients.push_back(std::make_unique<RawClient>(running.port));
        RawClient& client = *clients.back();
        client.send(
            "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "\r\n");
        const std::string answer = client.read_until("\r\n\r\n");
        if (answer.find(" 101 ") == std::string::npos) {
            ++refused;
            break;
        }
        // The first half of a message; a pong shows that it was taken in.
        const std::string frame = client_frame(binary, much);
        client.send(client_frame(ping_opcode, "?") + frame.substr(0, frame.size() - 1));
        client.read(3);
    }
    EXPECT_EQ(refused, 1);
    EXPECT_LE(clients.size(), 6U);
}

}  // namespace
}  // namespace longwire
