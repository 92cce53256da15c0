// How long a loop that leaves waits for those who are there.
#include "engine/leaving_time.hpp"
#include "net/stream.hpp"
#include "raw_server.hpp"
#include "slow_connection.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <chrono>
#include <string>
#include <thread>

namespace longwire::engine {
namespace {

using namespace std::chrono_literals;
using Clock = LeavingTime::Clock;

class Quiet final : public net::Session {
    void on_receive(std::span<std::byte> /*bytes*/) override {}
    void on_end() override {}
    void on_drained() override {}
    void on_timer() override {}
    void on_leaving() override {}
    void on_closed(net::Ending /*ending*/) override {}
};

/// A loop with one connection, on which much was sent.
struct Leaving : testing::Test {
    static constexpr std::size_t size = std::size_t{3} << 20;

    Leaving() : loop(std::move(*net::Loop::create())), peer(connected()) {
        const std::string much(size, 'x');
        stream->write(std::as_bytes(std::span(much)));
        loop->turn(0ms);
    }
    RawConnection connected() {
        const RawServer server(16 * 1024);
        const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_port = htons(server.port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        ::fcntl(socket, F_SETFL, O_NONBLOCK);
        stream =
            *net::Stream::open(*loop, net::Descriptor(socket), net::Ref<net::Session>(new Quiet));
        return server.accept();
    }
    /// Turns the loop until it is over, and gives how long that took.
    Clock::duration wait(LeavingTime::Times times) {
        LeavingTime leaving(times);
        EXPECT_FALSE(leaving.begun());
        leaving.begin(Clock::now(), 0ms);
        EXPECT_TRUE(leaving.begun());
        while (!leaving.over(*loop)) loop->turn(5ms);
        return Clock::now() - leaving.when_begun();
    }

    std::unique_ptr<net::Loop> loop;
    net::Stream* stream = nullptr;
    RawConnection peer;
};

TEST_F(Leaving, IsLongerForThoseWhoTakeWhatWasSent) {
    std::thread reader([&] { read_slowly(peer, size, 1500ms); });
    const auto took = wait({.usual = 500ms, .longest = 30s});
    reader.join();
    EXPECT_GE(took, Clock::duration(1400ms));
    EXPECT_EQ(stream->unacknowledged(), 0U);
}

TEST_F(Leaving, EndsInTimeWhereNobodyDoes) {
    EXPECT_GE(wait({.usual = 200ms, .longest = 30s}), Clock::duration(200ms));
    EXPECT_GT(stream->unacknowledged(), 0U);
}

TEST_F(Leaving, EndsAtTheLatestHoweverLongTheyWouldTake) {
    std::thread reader([&] { read_slowly(peer, size, 2000ms); });
    EXPECT_GE(wait({.usual = 300ms, .longest = 700ms}), Clock::duration(300ms));
    EXPECT_GT(stream->unacknowledged(), 0U);
    loop->end_all_streams();
    reader.join();
}

}  // namespace
}  // namespace longwire::engine
