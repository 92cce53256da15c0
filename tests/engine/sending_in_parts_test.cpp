// Messages that are sent in parts, and what has to wait meanwhile (RFC 6455, section 5.4).
#include "raw_client.hpp"
#include "raw_server.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>
#include <longwire/longwire.hpp>

#include <future>
#include <string>
#include <vector>

namespace longwire {
namespace {

constexpr unsigned fin = 0x80;

/// A client that does as a test says, and the server's end of it.
class Sender {
public:
    using Send = std::function<Task<>(WebSocket&)>;

    explicit Sender(Send send, std::size_t max_backlog = 1'000'000)
        : client_([this, send = std::move(send), max_backlog]() -> Task<> {
              auto socket = co_await connect(
                  server_.url(),
                  {.limits = {.max_backlog = max_backlog, .compression = Compression::off}});
              EXPECT_TRUE(socket);
              if (!socket) co_return;
              co_await send(*socket);
              co_await socket->receive();
          }),
          connection(server_.accept()) {
        connection.send(switching_to(connection.read_until("\r\n\r\n")));
    }
    ~Sender() {
        connection.shut();
        client_.wait();
    }
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;

    void expect(unsigned first, std::string_view payload) {
        const ClientFrame frame = read_frame(connection);
        EXPECT_EQ(frame.first, first) << payload;
        EXPECT_EQ(frame.payload, payload);
        EXPECT_TRUE(frame.masked);
    }

private:
    RawServer server_;
    RunningClient client_;

public:
    RawConnection connection;
};

TEST(SendingInParts, EachPartIsAFrame) {
    Sender sender([](WebSocket& socket) -> Task<> {
        EXPECT_EQ(co_await socket.send_part(Message::text("one"), Part::more), SendStatus::sent);
        // The type is the first one's.
        co_await socket.send_part(Message::binary({}), Part::more);
        co_await socket.send_part(Message::text("three"), Part::last);
        co_await socket.send_part(Message::text("alone"), Part::last);
    });
    sender.expect(text, "one");
    sender.expect(continuation, "");
    sender.expect(fin | continuation, "three");
    sender.expect(fin | text, "alone");
}

TEST(SendingInParts, WhatElseIsSentLeavesBehindTheLastInItsOrder) {
    Sender sender([](WebSocket& socket) -> Task<> {
        const Handle handle = socket.handle();
        const PreparedMessage prepared(Message::text("prepared"));
        socket.send_part(Message::text("a"), Part::more);
        EXPECT_EQ(co_await socket.send("whole"), SendStatus::buffered);
        EXPECT_EQ(co_await socket.send(prepared), SendStatus::buffered);
        EXPECT_TRUE(handle.send("by handle"));
        EXPECT_EQ(socket.buffered_amount() >= 13, true);
        socket.ping("passes");
        co_await sleep_for(std::chrono::milliseconds(5));
        socket.send_part(Message::text("b"), Part::more);
        socket.send_part(Message::text("c"), Part::last);
        EXPECT_EQ(co_await socket.send("after"), SendStatus::sent);
    });
    sender.expect(text, "a");
    sender.expect(fin | ping_opcode, "passes");
    sender.expect(continuation, "b");
    sender.expect(fin | continuation, "c");
    sender.expect(fin | text, "whole");
    sender.expect(fin | text, "prepared");
    sender.expect(fin | text, "by handle");
    sender.expect(fin | text, "after");
}

TEST(SendingInParts, WhatIsKeptIsBoundedByTheBacklog) {
    Sender sender(
        [](WebSocket& socket) -> Task<> {
            socket.send_part(Message::text("begun"), Part::more);
            const std::string block(50'000, 'k');
            int kept = 0;
            while (socket.send(block) == SendStatus::buffered && kept < 100) ++kept;
            EXPECT_EQ(kept, 4);
            // The message itself is not held up by what waits for it.
            EXPECT_EQ(co_await socket.send_part(Message::text("ended"), Part::last),
                      SendStatus::sent);
        },
        200'100);
    sender.expect(text, "begun");
    sender.expect(fin | continuation, "ended");
    for (int count = 0; count < 4; ++count)
        EXPECT_EQ(read_frame(sender.connection).payload.size(), 50'000U);
    sender.connection.send(server_frame(close_opcode, ""));
    sender.expect(fin | close_opcode, "");
}

TEST(SendingInParts, WhoWaitsForRoomBehindAMessageGoesOnAfterIt) {
    Sender sender([](WebSocket& socket) -> Task<> {
        std::vector<std::string> order;
        const auto waits = [](WebSocket& socket, std::vector<std::string>& order) -> Task<> {
            co_await socket.send(std::string(70'000, 'w'));
            order.emplace_back("went on");
            co_await socket.send("last");
            order.emplace_back("done");
        };
        co_await socket.send_part(Message::text("begun"), Part::more);
        spawn(waits(socket, order));
        co_await socket.send_part(Message::text("goes on"), Part::more);
        co_await sleep_for(std::chrono::milliseconds(20));
        EXPECT_TRUE(order.empty());
        // Not awaited: nobody else may be the one who wakes it.
        socket.send_part(Message::text("ended"), Part::last);
        while (order.size() < 2) co_await sleep_for(std::chrono::milliseconds(1));
    });
    sender.expect(text, "begun");
    sender.expect(continuation, "goes on");
    sender.expect(fin | continuation, "ended");
    EXPECT_EQ(read_frame(sender.connection).payload.size(), 70'000U);
    sender.expect(fin | text, "last");
    sender.connection.send(server_frame(close_opcode, ""));
    sender.expect(fin | close_opcode, "");
}

TEST(SendingInParts, PartsFeelTheBackPressure) {
    constexpr std::size_t block_size = 100'000;
    constexpr int blocks = 300;
    std::promise<std::size_t> most;
    Sender sender([&](WebSocket& socket) -> Task<> {
        const std::string block(block_size, 'p');
        std::size_t waiting = 0;
        for (int count = 1; count <= blocks; ++count) {
            EXPECT_NE(co_await socket.send_part(Message::text(block),
                                                count == blocks ? Part::last : Part::more),
                      SendStatus::dropped);
            waiting = std::max(waiting, socket.buffered_amount());
        }
        most.set_value(waiting);
    });
    std::size_t size = 0;
    for (int count = 1; count <= blocks; ++count)
        size += read_frame(sender.connection).payload.size();
    EXPECT_EQ(size, block_size * blocks);
    EXPECT_LE(most.get_future().get(), 2 * block_size);
}

TEST(SendingInParts, ACloseInTheMiddleLeavesTheRestUnsaid) {
    Sender sender([](WebSocket& socket) -> Task<> {
        socket.send_part(Message::binary({}), Part::more);
        socket.send(std::string(10'000, 'k'));
        EXPECT_GE(socket.buffered_amount(), 10'000U);
        socket.close(CloseCode(4001), "changed our mind");
        EXPECT_EQ(co_await socket.send_part(Message::text("more"), Part::last),
                  SendStatus::dropped);
        EXPECT_LT(socket.buffered_amount(), 1000U) << "what is never sent is kept";
        co_return;
    });
    sender.expect(binary, "");
    sender.expect(fin | close_opcode, close_payload(4001, "changed our mind"));
    sender.connection.send(server_frame(close_opcode, close_payload(4001)));
}

TEST(SendingInParts, AServerKeepsWhatItsTopicsSay) {
    RunningServer running;
    std::promise<Handle> handle;
    std::promise<void> go;
    std::shared_future<void> told = go.get_future().share();
    running.server.websocket("/", [&](WebSocket& socket) -> Task<> {
        co_await socket.send_part(Message::text("he"), Part::more);
        handle.set_value(socket.handle());
        while (told.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
            co_await sleep_for(std::chrono::milliseconds(1));
        co_await sleep_for(std::chrono::milliseconds(5));
        co_await socket.send_part(Message::text("llo"), Part::last);
        co_await socket.receive();
    });
    running.start();
    RawClient client(running.port);
    client.upgrade("/");
    const Handle name = handle.get_future().get();
    EXPECT_TRUE(name.send(PreparedMessage(Message::text("topic"))));
    EXPECT_TRUE(name.send("handle"));
    go.set_value();
    EXPECT_EQ(client.read(4), std::string("\x01\x02", 2) + "he");
    EXPECT_EQ(client.read(5), std::string("\x80\x03", 2) + "llo");
    EXPECT_EQ(client.read(7), server_frame(text, "topic"));
    EXPECT_EQ(client.read(8), server_frame(text, "handle"));
}

}  // namespace
}  // namespace longwire
