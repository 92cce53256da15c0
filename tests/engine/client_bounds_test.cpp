// What a Client keeps, while threads send and connections break under them.
#include "client_events.hpp"
#include "raw_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

namespace longwire {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_backlog = std::size_t{1} << 20;
constexpr std::size_t max_queue = std::size_t{64} << 10;
constexpr std::size_t sent_size = 1000;

/// Threads that send for as long as it lives.
class Senders {
public:
    explicit Senders(Client& client) {
        for (int count = 0; count < 2; ++count)
            threads_.emplace_back([&] {
                const std::string message(sent_size, 'x');
                while (!over_)
                    if (client.send(message) == SendStatus::dropped) ++dropped_;
            });
    }
    /// What found no room.
    [[nodiscard]] int dropped() const noexcept { return dropped_; }
    ~Senders() {
        over_ = true;
        for (std::thread& thread : threads_) thread.join();
    }
    Senders(const Senders&) = delete;
    Senders& operator=(const Senders&) = delete;

private:
    std::atomic<bool> over_ = false;
    std::atomic<int> dropped_ = 0;
    std::vector<std::thread> threads_;
};

TEST(ClientBounds, HoldWhileAServerReadsSlowly) {
    const RawServer server(16 * 1024);
    ClientEvents events;
    Client client(
        server.url(),
        events.watch({.limits = {.max_backlog = max_backlog, .compression = Compression::off}}));
    RawConnection connection = server.accept();
    connection.send(switching_to(connection.read_until("\r\n\r\n")));
    events.wait_for("open");
    std::size_t most = 0;
    {
        const Senders senders(client);
        // Until the bound has been met a thousand times; read in between, so that what waits is
        // passed on bit by bit.
        while (senders.dropped() < 1000) {
            (void)connection.read(20'000);
            most = std::max(most, client.buffered_amount());
        }
        EXPECT_EQ(client.ready_state(), ReadyState::open);
    }
    EXPECT_LE(most, max_backlog + sent_size);
}

TEST(ClientBounds, HoldWhenConnectionsBreak) {
    const RawServer server(16 * 1024);
    std::atomic<bool> over = false;
    std::thread breaking([&] {
        while (!over) {
            RawConnection connection = server.accept();
            connection.send(switching_to(connection.read_until("\r\n\r\n")));
            (void)connection.read(200'000);
            connection.vanish();
        }
    });
    std::atomic<std::size_t> most = 0;
    ClientEvents events;
    ClientOptions options =
        events.watch({.limits = {.max_backlog = max_backlog, .compression = Compression::off},
                      .reconnect = Reconnect{.first_delay = 5ms, .max_delay = 5ms},
                      .max_queue = max_queue});
    options.on_reconnecting = [&](Client& client, const Interruption&) {
        for (int look = 0; look < 20; ++look)
            most = std::max(most.load(), client.buffered_amount());
        events.note("reconnecting");
    };
    Client client(server.url(), options);
    {
        const Senders senders(client);
        events.wait_for("reconnecting", 8);
        over = true;
        EXPECT_TRUE(client.close());
        events.wait_for("close");
        EXPECT_EQ(client.buffered_amount(), 0U) << "and others still send";
    }
    EXPECT_EQ(client.buffered_amount(), 0U);
    EXPECT_LE(most, max_queue);
    // For the server to see that it is over.
    (void)RawConnection::to(server.port());
    breaking.join();
}

TEST(ClientBounds, NothingIsBufferedOnceTheConnectionIsLostForGood) {
    for (int round = 0; round < 5; ++round) {
        const RawServer server(16 * 1024);
        ClientEvents events;
        Client client(server.url(), events.watch({.limits = {.max_backlog = max_backlog}}));
        {
            const Senders senders(client);
            RawConnection connection = server.accept();
            connection.send(switching_to(connection.read_until("\r\n\r\n")));
            (void)connection.read(100'000);
            connection.vanish();
            events.wait_for("close");
            EXPECT_EQ(client.buffered_amount(), 0U);
        }
        EXPECT_EQ(client.buffered_amount(), 0U);
    }
}

}  // namespace
}  // namespace longwire
