#include "net/loop.hpp"

#include "bytes.hpp"
#include "net/session.hpp"
#include "net/stream.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>
#include <thread>

namespace longwire::net {
namespace {

/// Keeps what it is told.
class Recorder final : public Session {
public:
    void on_receive(std::span<std::byte> bytes) override {
        received.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    void on_end() override { ++ends; }
    void on_drained() override { ++drains; }
    void on_timer() override { ++timers; }
    void on_leaving() override {}
    void on_closed(Ending ending) override {
        ++closings;
        last_ending = ending;
    }

    std::string received;
    int ends = 0;
    int drains = 0;
    int timers = 0;
    int closings = 0;
    Ending last_ending = Ending::closed;

private:
    ~Recorder() override = default;
};

/// A stream on a loop, and the other end of its socket.
struct Pair {
    Pair() : loop(std::move(*Loop::create())), session(new Recorder) {
        std::array<int, 2> sockets = {};
        EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets.data()), 0);
        peer = Descriptor(sockets[1]);
        stream = *Stream::open(*loop, Descriptor(sockets[0]), session);
    }

    std::string read_all() {
        std::string text;
        std::array<char, 65536> buffer = {};
        for (;;) {
            const auto size = ::read(peer.get(), buffer.data(), buffer.size());
            if (size <= 0) return text;
            text.append(buffer.data(), static_cast<std::size_t>(size));
        }
    }

    std::unique_ptr<Loop> loop;
    Ref<Recorder> session;
    Descriptor peer;
    Stream* stream = nullptr;
};

TEST(Stream, WhatIsWrittenLeavesAtTheEndOfTheTurn) {
    Pair pair;
    pair.stream->write(bytes_of("head "), bytes_of("payload"));
    EXPECT_EQ(pair.read_all(), "");
    pair.loop->turn(std::chrono::milliseconds(0));
    EXPECT_EQ(pair.read_all(), "head payload");
}

TEST(Stream, WhatTheKernelDoesNotTakeFollowsInOrder) {
    Pair pair;
    std::string sent;
    for (int index = 0; index < 100; ++index) {
        const std::string block(20000, static_cast<char>('a' + index % 26));
        sent += block;
        if (index % 3 == 0) {
            const auto shared = std::make_shared<const std::string>(block);
            pair.stream->write_shared(shared, bytes_of(*shared));
        } else {
            pair.stream->write(bytes_of(block));
        }
    }
    std::string seen;
    while (seen.size() < sent.size()) {
        pair.loop->turn(std::chrono::milliseconds(0));
        seen += pair.read_all();
    }
    EXPECT_EQ(seen, sent);
    EXPECT_EQ(pair.stream->backlog(), 0U);
    pair.loop->turn(std::chrono::milliseconds(0));
    EXPECT_EQ(pair.session->drains, 1);
}

TEST(Stream, FinishSendsWhatIsLeftAndReadsToTheEnd) {
    Pair pair;
    const std::string block(500000, 'x');
    pair.stream->write(bytes_of(block));
    pair.stream->finish(Stream::Finish::shut, std::chrono::seconds(60));
    ASSERT_EQ(::send(pair.peer.get(), "in flight", 9, 0), 9);
    std::string seen;
    while (seen.size() < block.size()) {
        pair.loop->turn(std::chrono::milliseconds(0));
        seen += pair.read_all();
    }
    EXPECT_EQ(seen, block);
    EXPECT_EQ(pair.session->closings, 0);
    // Its sending side is shut, and what came after was discarded.
    std::array<char, 1> byte = {};
    pair.loop->turn(std::chrono::milliseconds(0));
    EXPECT_EQ(::read(pair.peer.get(), byte.data(), 1), 0);
    EXPECT_EQ(pair.session->received, "");
    pair.peer.reset();
    while (pair.session->closings == 0) pair.loop->turn();
    EXPECT_EQ(pair.session->last_ending, Ending::closed);
    EXPECT_EQ(pair.loop->stream_count(), 0U);
}

TEST(Stream, FinishGivesUpOnAPeerThatNeverEnds) {
    Pair pair;
    pair.stream->finish(Stream::Finish::shut, std::chrono::milliseconds(20));
    while (pair.session->closings == 0) pair.loop->turn();
    EXPECT_EQ(pair.session->last_ending, Ending::timed_out);
}

TEST(Stream, ReadingCanBePaused) {
    Pair pair;
    pair.stream->pause_reading();
    ASSERT_EQ(::send(pair.peer.get(), "hello", 5, 0), 5);
    pair.loop->turn(std::chrono::milliseconds(0));
    EXPECT_EQ(pair.session->received, "");
    pair.stream->resume_reading();
    pair.loop->turn(std::chrono::milliseconds(0));
    EXPECT_EQ(pair.session->received, "hello");
}

TEST(Stream, TellsOfThePeersEndOnce) {
    Pair pair;
    ASSERT_EQ(::send(pair.peer.get(), "last", 4, 0), 4);
    ::shutdown(pair.peer.get(), SHUT_WR);
    pair.loop->turn(std::chrono::milliseconds(0));
    pair.loop->turn(std::chrono::milliseconds(0));
    pair.loop->turn(std::chrono::milliseconds(0));
    EXPECT_EQ(pair.session->received, "last");
    EXPECT_EQ(pair.session->ends, 1);
}

TEST(Loop, WhatIsPostedInOrderRunsInTheOrderOfAllThreads) {
    const auto loop = std::move(*Loop::create());
    const Loop::Running here(*loop);
    std::string ran;
    std::thread([&] { loop->post_in_order([&] { ran += 'a'; }); }).join();
    loop->post_in_order([&] {
        ran += 'b';
        loop->post_in_order([&] { ran += 'd'; });
    });
    std::thread([&] { loop->post_in_order([&] { ran += 'c'; }); }).join();
    loop->turn(std::chrono::seconds(10));
    loop->turn(std::chrono::seconds(10));
    EXPECT_EQ(ran, "abcd");
    loop->post_in_order([&] { ran += 'e'; });
    loop->turn(std::chrono::seconds(10));
    EXPECT_EQ(ran, "abcde");
}

TEST(Loop, PostedFunctionsRunInOrder) {
    const auto loop = std::move(*Loop::create());
    std::string order;
    loop->post([&] { order += "a"; });
    loop->post([&] {
        order += "b";
        loop->post([&] { order += "c"; });
    });
    loop->turn();
    EXPECT_EQ(order, "ab");
    loop->turn();
    EXPECT_EQ(order, "abc");
}

}  // namespace
}  // namespace longwire::net
