// The path of a whole message allocates nothing; an unfinished one does, and lets go of it.
#include "frames.hpp"
#include "protocol/connection.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <string>

namespace {
int allocations = 0;
int live = 0;
std::size_t largest = 0;
}  // namespace

// Not inlined: g++ 12 then takes malloc and delete, or new and free, for a mismatch.
[[gnu::noinline]] void* operator new(std::size_t size) {
    ++allocations;
    ++live;
    if (size > largest) largest = size;
    if (void* const memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    if (memory != nullptr) --live;
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    operator delete(memory);
}

namespace longwire::protocol {
namespace {

/// Answers each message with itself, into a fixed buffer.
struct EchoHandler {
    Connection& connection;
    std::size_t written = 0;
    int messages = 0;

    void write(std::span<const std::byte> head, std::span<const std::byte> payload) {
        written += head.size() + payload.size();
    }
    Flow on_message(MessageType type, std::span<std::byte> payload) {
        ++messages;
        connection.send(type, payload, *this);
        return Flow::proceed;
    }
    void on_ping(std::span<const std::byte>) {}
    void on_pong(std::span<const std::byte>) {}
    void on_closed(CloseCode, std::string_view, bool) {}
    void shutdown_write() {}
};

TEST(Allocation, AWholeMessageNeedsNone) {
    for (const Role role : {Role::server, Role::client}) {
        const ConnectionLimits limits;
        Connection connection(role, limits);
        EchoHandler handler{connection};
        std::string input = frame_for(role, Opcode::text, "Gr\xC3\xBC\xC3\x9F\x65") +
                            frame_for(role, Opcode::ping, "p") +
                            frame_for(role, Opcode::binary, std::string(5000, 'b'));
        const std::span<std::byte> bytes(reinterpret_cast<std::byte*>(input.data()), input.size());
        // The first mask of a thread fills its pool of random numbers.
        connection.ping({}, handler);
        const int before = allocations;
        connection.receive(bytes, handler);
        EXPECT_EQ(allocations, before);
        EXPECT_EQ(handler.messages, 2);
    }
}

TEST(Allocation, AnUnfinishedMessageIsLetGoOfWhenItEnds) {
    const ConnectionLimits limits;
    Connection connection(Role::server, limits);
    EchoHandler handler{connection};
    std::string input = frame_for(Role::server, Opcode::binary, std::string(5000, 'b'));
    const std::span<std::byte> bytes(reinterpret_cast<std::byte*>(input.data()), input.size());
    const int before = live;
    connection.receive(bytes.first(1000), handler);
    EXPECT_GT(live, before);
    connection.receive(bytes.subspan(1000), handler);
    EXPECT_EQ(handler.messages, 1);
    EXPECT_EQ(live, before);
}

TEST(Allocation, AnUnfinishedMessageGrowsGeometrically) {
    const ConnectionLimits limits;
    Connection connection(Role::server, limits);
    EchoHandler handler{connection};
    std::string input = frame_for(Role::server, Opcode::binary, std::string(1'000'000, 'b'));
    std::span<std::byte> rest(reinterpret_cast<std::byte*>(input.data()), input.size());
    const int before = allocations;
    largest = 0;
    for (; !rest.empty(); rest = rest.subspan(std::min<std::size_t>(rest.size(), 1000)))
        connection.receive(rest.first(std::min<std::size_t>(rest.size(), 1000)), handler);
    EXPECT_EQ(handler.messages, 1);
    EXPECT_LT(allocations - before, 30);
    EXPECT_LE(largest, 2'000'000U);
}

TEST(Allocation, AClaimedLengthAllocatesNothingBeforeItComes) {
    const ConnectionLimits limits = {.max_message_size = std::size_t{1} << 40};
    Connection connection(Role::server, limits);
    EchoHandler handler{connection};
    // A header that claims a terabyte, and ten bytes of it.
    std::string input = std::string("\x82\xFF\0\0\0\x80\0\0\0\0", 10) + "mask" + "0123456789";
    largest = 0;
    connection.receive({reinterpret_cast<std::byte*>(input.data()), input.size()}, handler);
    EXPECT_LT(largest, 4096U);
    EXPECT_EQ(connection.state(), ReadyState::open);
}

TEST(Allocation, ACompressedMessageNeedsNoneAfterTheFirst) {
    const ConnectionLimits limits;
    Compression compression(15, false, false, 0);
    Connection connection(Role::server, limits);
    connection.use(compression);
    EchoHandler handler{connection};
    std::string text;
    for (int row = 0; row < 300; ++row) text += "row " + std::to_string(row) + ", ";
    Compressor compressor(15, false);
    const std::string data = text_of(*compressor.compress(bytes_of(text)));
    std::string frame = frame_for(Role::server, Opcode::text, data);
    frame[0] = static_cast<char>(frame[0] | 0x40);
    const auto receive = [&] {
        std::string copy = frame;
        const int before = allocations;
        connection.receive({reinterpret_cast<std::byte*>(copy.data()), copy.size()}, handler);
        return allocations - before;
    };
    (void)receive();
    for (int round = 0; round < 10; ++round) EXPECT_EQ(receive(), 0);
    EXPECT_EQ(handler.messages, 11);
}

}  // namespace
}  // namespace longwire::protocol
