// Messages that a coroutine takes in parts, as they come.
#include "raw_client.hpp"
#include "raw_server.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>
#include <longwire/longwire.hpp>

#include <algorithm>
#include <future>
#include <string>
#include <vector>

namespace longwire {
namespace {

constexpr std::size_t megabyte = std::size_t{1} << 20U;

/// The head of a server's frame that claims `size` bytes of payload.
std::string head_of(unsigned first, std::uint64_t size) {
    std::string head;
    head += static_cast<char>(first);
    head += static_cast<char>(127);
    for (int shift = 56; shift >= 0; shift -= 8) head += static_cast<char>(size >> shift & 0xFF);
    if (size < 65536) head = head.substr(0, 1) + static_cast<char>(126) + head.substr(8);
    if (size < 126) head = head.substr(0, 1) + static_cast<char>(size);
    return head;
}

/// A client of which a test drives the server by hand.
class Reading {
public:
    using Read = std::function<Task<>(WebSocket&)>;

    /// `with_answer` comes in one write with the answer to the handshake.
    explicit Reading(Read read, std::size_t limit = megabyte, const std::string& with_answer = "")
        : client_([this, read = std::move(read), limit]() -> Task<> {
              auto socket = co_await connect(
                  server_.url(),
                  {.limits = {.max_message_size = limit, .compression = Compression::off}});
              EXPECT_TRUE(socket);
              if (!socket) co_return;
              co_await read(*socket);
          }),
          connection(server_.accept()) {
        connection.send(switching_to(connection.read_until("\r\n\r\n")) + with_answer);
    }
    ~Reading() {
        connection.shut();
        client_.wait();
    }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

private:
    RawServer server_;
    RunningClient client_;

public:
    RawConnection connection;
};

TEST(Streaming, GivesAPartBeforeTheRestOfItsFrameHasCome) {
    Reading reading([](WebSocket& socket) -> Task<> {
        auto part = co_await socket.receive_part();
        EXPECT_TRUE(part && part->text() == "first " && part->is_text() && !part->last());
        socket.send("go on");
        part = co_await socket.receive_part();
        EXPECT_TRUE(part && part->text() == "second" && part->last());
        // What comes next is another message.
        part = co_await socket.receive_part();
        EXPECT_TRUE(part && part->bytes().size() == 1 && !part->is_text() && part->last());
        socket.send("done");
        part = co_await socket.receive_part();
        EXPECT_FALSE(part);
        EXPECT_EQ(socket.close_status().code, CloseCode::abnormal_closure);
    });
    reading.connection.send(head_of(0x81, 12) + "first ");
    EXPECT_EQ(read_frame(reading.connection).payload, "go on");
    reading.connection.send("second" + server_frame(binary, "b"));
    EXPECT_EQ(read_frame(reading.connection).payload, "done");
}

TEST(Streaming, AMessageInPartsMayBeAboveTheLimit) {
    const std::size_t size = 5 * megabyte + 3;
    std::promise<std::size_t> got;
    Reading reading(
        [&](WebSocket& socket) -> Task<> {
            std::size_t all = 0;
            while (auto part = co_await socket.receive_part()) {
                EXPECT_LE(part->size(), MessagePart::max_size);
                EXPECT_EQ(part->text().find_first_not_of('x'), std::string::npos);
                all += part->size();
                if (part->last()) break;
            }
            got.set_value(all);
            // Taken whole, it has the limit.
            EXPECT_FALSE(co_await socket.receive());
            EXPECT_EQ(socket.close_status().code, CloseCode::message_too_big);
        },
        1000);
    reading.connection.send(head_of(0x82, size) + std::string(size, 'x'));
    EXPECT_EQ(got.get_future().get(), size);
    // By what its header claims, before any of it has come.
    reading.connection.send(head_of(0x82, 1001));
    EXPECT_EQ(read_frame(reading.connection).payload.substr(0, 2), close_payload(1009));
}

TEST(Streaming, TheLimitIsForWhoeverAsksNotForWhoComesFirst) {
    Reading reading(
        [&](WebSocket& socket) -> Task<> {
            // Time for the first frame to come.
            co_await sleep_for(std::chrono::milliseconds(50));
            std::string all;
            while (auto part = co_await socket.receive_part()) {
                all += part->text();
                if (part->last()) break;
            }
            EXPECT_EQ(all, std::string(5000, 'y'));
            socket.send("got it");
            co_await socket.receive();
        },
        1000);
    reading.connection.send(head_of(0x01, 2500) + std::string(2500, 'y'));
    reading.connection.send(head_of(0x80, 2500) + std::string(2500, 'y'));
    EXPECT_EQ(read_frame(reading.connection).payload, "got it");
}

TEST(Streaming, AFrameThatBeganBeforeAnyReceiveIsJudgedByItsLengthToo) {
    Reading reading(
        [](WebSocket& socket) -> Task<> {
            EXPECT_FALSE(co_await socket.receive());
            EXPECT_EQ(socket.close_status().code, CloseCode::message_too_big);
        },
        megabyte, head_of(0x82, std::uint64_t{1} << 32U) + "x");
    // A close frame, at once: nothing more of the payload is awaited.
    EXPECT_EQ(reading.connection.read_until("\x88").back(), '\x88');
}

TEST(Streaming, AnyLengthMayBeClaimed) {
    Reading reading(
        [](WebSocket& socket) -> Task<> {
            const auto part = co_await socket.receive_part();
            EXPECT_TRUE(part);
            EXPECT_FALSE(co_await socket.receive_part());
        },
        megabyte, head_of(0x82, (std::uint64_t{1} << 63U) - 1) + "x");
    reading.connection.shut();
    reading.connection.read_all();
}

TEST(Streaming, NoCharacterOfTextIsCut) {
    // Each byte in a frame of its own, and each frame known to have been read.
    const std::string letters = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x92\xA1z";
    std::vector<std::string> parts;
    std::promise<void> done;
    Reading reading([&](WebSocket& socket) -> Task<> {
        while (auto part = co_await socket.receive_part()) {
            parts.emplace_back(part->text());
            if (part->last()) break;
        }
        done.set_value();
        co_await socket.receive();
    });
    for (std::size_t index = 0; index < letters.size(); ++index) {
        const unsigned first =
            (index + 1 == letters.size() ? 0x80U : 0U) | (index == 0 ? 0x01U : 0x00U);
        reading.connection.send(head_of(first, 1) + letters[index] +
                                server_frame(ping_opcode, "read?"));
        EXPECT_EQ(read_frame(reading.connection).payload, "read?");
    }
    done.get_future().wait();
    EXPECT_EQ(parts,
              (std::vector<std::string>{"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x92\xA1", "z"}));
}

TEST(Streaming, TextThatIsNotUtf8IsFoundAsItComes) {
    Reading reading([](WebSocket& socket) -> Task<> {
        const auto part = co_await socket.receive_part();
        EXPECT_TRUE(part && part->text() == "good");
        socket.send("go on");
        EXPECT_FALSE(co_await socket.receive_part());
        EXPECT_EQ(socket.close_status().code, CloseCode::invalid_payload);
    });
    reading.connection.send(head_of(0x81, 1000) + "good");
    EXPECT_EQ(read_frame(reading.connection).payload, "go on");
    reading.connection.send("\xFF");
    EXPECT_EQ(read_frame(reading.connection).payload.substr(0, 2), close_payload(1007));
}

TEST(Streaming, AReceiveInTheMiddleGivesTheRest) {
    Reading reading([](WebSocket& socket) -> Task<> {
        const auto part = co_await socket.receive_part();
        EXPECT_TRUE(part && part->text() == "one ");
        socket.send("and the rest");
        auto rest = co_await socket.receive();
        EXPECT_TRUE(rest && rest->text() == "two three" && rest->is_text());
        rest = co_await socket.receive();
        EXPECT_TRUE(rest && rest->text() == "next");
        socket.send("done");
        co_await socket.receive();
    });
    reading.connection.send(head_of(0x01, 4) + "one ");
    EXPECT_EQ(read_frame(reading.connection).payload, "and the rest");
    reading.connection.send(head_of(0x00, 4) + "two " + head_of(0x80, 5) + "three" +
                            server_frame(text, "next"));
    EXPECT_EQ(read_frame(reading.connection).payload, "done");
}

TEST(Streaming, WhoTakesNoPartIsSentNoMore) {
    std::promise<void> go;
    std::promise<std::size_t> got;
    std::shared_future<void> told = go.get_future().share();
    RunningServer running;
    running.server.websocket("/", [&](WebSocket& socket) -> Task<> {
        std::size_t all = 0;
        bool first = true;
        while (auto part = co_await socket.receive_part()) {
            all += part->size();
            while (std::exchange(first, false) ||
                   told.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
                co_await sleep_for(std::chrono::milliseconds(5));
            if (part->last()) break;
        }
        got.set_value(all);
    });
    running.start();
    RawClient client(running.port);
    client.upgrade("/");
    const std::size_t size = 200 * megabyte;
    const std::string whole = client_frame(binary, std::string(size, 'z'));
    // The kernel takes some megabytes, and the server next to nothing.
    std::size_t sent = 0;
    while (sent < whole.size()) {
        const std::size_t taken = client.send_at_once(std::string_view(whole).substr(sent));
        if (taken == 0 && !client.has_room_within(std::chrono::milliseconds(300))) break;
        sent += taken;
    }
    EXPECT_LT(sent, 40 * megabyte);
    go.set_value();
    client.send(std::string_view(whole).substr(sent));
    EXPECT_EQ(got.get_future().get(), size);
}

TEST(Streaming, WhoIsNotReadDoesNotSendTooSlowly) {
    RunningServer running;
    running.server.websocket("/",
                             [](WebSocket& socket) -> Task<> {
                                 const auto first = co_await socket.receive_part();
                                 EXPECT_TRUE(first && first->text() == "one");
                                 socket.send("taken");
                                 co_await sleep_for(std::chrono::milliseconds(400));
                                 std::string rest;
                                 while (const auto part = co_await socket.receive_part()) {
                                     rest += part->text();
                                     if (part->last()) break;
                                 }
                                 co_await socket.send(rest);
                             },
                             {.limits = {.frame_timeout = std::chrono::milliseconds(150)}});
    running.start();
    RawClient client(running.port);
    client.upgrade("/");
    const std::string frame = client_frame(text, "onetwothree");
    client.send(frame.substr(0, 9));
    EXPECT_EQ(client.read(7), server_frame(text, "taken"));
    client.send(frame.substr(9, 3));
    EXPECT_TRUE(client.silent_for(std::chrono::milliseconds(50)));
    client.send(frame.substr(12));
    EXPECT_EQ(client.read(10), server_frame(text, "twothree"));
}

TEST(Streaming, WhatIsNotDeflateIsFoundWhoeverAsks) {
    const std::string broken = std::string("\xC1\x04", 2) + "\xFF\xFF\xFF\xFF";
    for (const bool in_parts : {false, true})
        for (const bool before : {false, true}) {
            const RawServer server;
            const RunningClient client([&]() -> Task<> {
                auto socket = co_await connect(server.url());
                EXPECT_TRUE(socket);
                if (!socket) co_return;
                // With `before`, it is there when it is asked for.
                if (before) co_await sleep_for(std::chrono::milliseconds(50));
                socket->send("asking");
                if (in_parts) {
                    EXPECT_FALSE(co_await socket->receive_part());
                } else {
                    EXPECT_FALSE(co_await socket->receive());
                }
                EXPECT_EQ(socket->close_status().code, CloseCode::invalid_payload);
            });
            RawConnection connection = server.accept();
            connection.send(switching_to(connection.read_until("\r\n\r\n"),
                                         "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
            if (before) connection.send(broken);
            EXPECT_EQ(read_frame(connection).payload, "asking");
            if (!before) connection.send(broken);
            EXPECT_EQ(read_frame(connection).payload.substr(0, 2), close_payload(1007));
            connection.shut();
        }
}

TEST(Streaming, CompressedMessagesComeInPartsOverBothContexts) {
    for (const Compression compression : {Compression::shared, Compression::dedicated}) {
        RunningServer running;
        running.server.websocket("/",
                                 [](WebSocket& socket) -> Task<> {
                                     for (std::string all;;) {
                                         const auto part = co_await socket.receive_part();
                                         if (!part) co_return;
                                         all += part->text();
                                         if (part->last())
                                             co_await socket.send(std::exchange(all, {}));
                                     }
                                 },
                                 {.limits = {.max_message_size = 1000,
                                             .max_backlog = 100 * megabyte,
                                             .compression = compression}});
        running.start();
        const RunningClient client([&]() -> Task<> {
            auto socket =
                co_await connect(running.url("/"), {.limits = {.max_message_size = 100 * megabyte,
                                                               .max_backlog = 100 * megabyte,
                                                               .compression = compression,
                                                               .compression_threshold = 0}});
            EXPECT_TRUE(socket && socket->extensions().starts_with("permessage-deflate"));
            if (!socket) co_return;
            for (const std::size_t size : {std::size_t{20}, 10 * megabyte, std::size_t{3000}}) {
                std::string message;
                while (message.size() < size) message += "so \xE2\x82\xAC " + std::to_string(size);
                co_await socket->send(message);
                const auto echo = co_await socket->receive();
                EXPECT_TRUE(echo && echo->text() == message) << size;
            }
        });
    }
}

TEST(Streaming, ACoroutineMayGoWhileItAwaitsAPart) {
    std::promise<void> gone;
    struct Tells {
        explicit Tells(std::promise<void>& promise) : told(promise) {}
        ~Tells() { told.set_value(); }
        Tells(const Tells&) = delete;
        Tells& operator=(const Tells&) = delete;
        std::promise<void>& told;
    };
    {
        RunningServer running;
        running.server.websocket(
            "/",
            [&](WebSocket& socket) -> Task<> {
                const Tells tells(gone);
                const auto waits = [](WebSocket& socket) -> Task<> {
                    while (co_await socket.receive_part()) socket.send("part");
                };
                // Destroyed where it awaits a part; the connection goes on, and then its server.
                EXPECT_FALSE(co_await within(std::chrono::milliseconds(50), waits(socket)));
                socket.send("gave up");
                co_await sleep_for(std::chrono::hours(1));
            },
            {.limits = {.close_timeout = std::chrono::milliseconds(50)}});
        running.start();
        RawClient client(running.port);
        client.upgrade("/");
        client.send(client_frame(text, "half", false));
        EXPECT_EQ(client.read(6), server_frame(text, "part"));
        EXPECT_EQ(client.read(9), server_frame(text, "gave up"));
        client.send(client_frame(continuation, "more"));
        running.stop();
        EXPECT_EQ(running.status, 0);
    }
    EXPECT_EQ(gone.get_future().wait_for(std::chrono::seconds(0)), std::future_status::ready);
}

TEST(Streaming, ACloseInTheMiddleEndsThePartsWithoutALast) {
    Reading reading([](WebSocket& socket) -> Task<> {
        const auto part = co_await socket.receive_part();
        EXPECT_TRUE(part && !part->last());
        EXPECT_FALSE(co_await socket.receive_part());
        EXPECT_EQ(socket.close_status().code, CloseCode(4000));
        EXPECT_TRUE(socket.close_status().clean);
        EXPECT_FALSE(co_await socket.receive());
    });
    reading.connection.send(head_of(0x01, 4) + "half" +
                            server_frame(close_opcode, close_payload(4000)));
    EXPECT_EQ(read_frame(reading.connection).payload, close_payload(4000));
}

TEST(Streaming, AConnectionWithHandlersGivesAReceiveNothing) {
    RunningServer running;
    std::promise<bool> nothing;
    running.server.websocket(
        "/", {.on_open = [&](WebSocket& socket, const Request&) {
            spawn([](WebSocket& socket, std::promise<bool>& nothing) -> Task<> {
                const auto message = co_await socket.receive();
                const auto part = co_await socket.receive_part();
                nothing.set_value(!message && !part);
            }(socket, nothing));
        }});
    running.start();
    RawClient client(running.port);
    client.upgrade("/");
    EXPECT_TRUE(nothing.get_future().get());
}

}  // namespace
}  // namespace longwire
