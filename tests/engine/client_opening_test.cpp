// The opening handshake as a client makes it, over real sockets (RFC 6455, section 4.1).
#include "protocol/compression.hpp"
#include "protocol/handshake_key.hpp"
#include "raw_client.hpp"
#include "raw_server.hpp"

#include <gtest/gtest.h>
#include <longwire/longwire.hpp>

#include <chrono>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace longwire {
namespace {

/// Connects, gives what it got wrong (or "open"), and closes.
Task<> try_to_connect(std::string url, Compression compression, std::string& outcome) {
    const auto socket = co_await connect(
        url, {.subprotocols = {"chat", "superchat"}, .limits = {.compression = compression}});
    outcome = socket ? "open " + std::string(socket->protocol()) : socket.error().message();
}

TEST(ClientOpening, AsksWithEveryFieldOfTheRfcAndWaits) {
    const RawServer server;
    std::string outcome;
    RunningClient client(
        [&] { return try_to_connect(server.url() + "chat/%20?x=1", Compression::off, outcome); });
    RawConnection connection = server.accept();
    const std::string request = connection.read_until("\r\n\r\n");
    EXPECT_TRUE(request.starts_with("GET /chat/%20?x=1 HTTP/1.1\r\n")) << request;
    EXPECT_EQ(field_in(request, "Host"), server.host());
    EXPECT_EQ(field_in(request, "Upgrade"), "websocket");
    EXPECT_EQ(field_in(request, "Connection"), "Upgrade");
    EXPECT_EQ(field_in(request, "Sec-WebSocket-Version"), "13");
    EXPECT_TRUE(protocol::is_key(field_in(request, "Sec-WebSocket-Key"))) << request;
    EXPECT_EQ(field_in(request, "Sec-WebSocket-Protocol"), "chat, superchat");
    EXPECT_EQ(request.find("Sec-WebSocket-Extensions"), std::string::npos);
    EXPECT_EQ(request.find("Origin"), std::string::npos);
    // Not a byte before the answer.
    EXPECT_TRUE(connection.silent_for(std::chrono::milliseconds(50)));
    connection.send(switching_to(request, "Sec-WebSocket-Protocol: superchat\r\n"));
    EXPECT_EQ(read_frame(connection).first, 0x88U);
    connection.shut();
    client.wait();
    EXPECT_EQ(outcome, "open superchat");
}

TEST(ClientOpening, EachConnectionHasAKeyOfItsOwn) {
    const RawServer server;
    std::set<std::string> keys;
    for (int count = 0; count < 20; ++count) {
        std::string outcome;
        RunningClient client(
            [&] { return try_to_connect(server.url(), Compression::off, outcome); });
        RawConnection connection = server.accept();
        keys.insert(field_in(connection.read_until("\r\n\r\n"), "Sec-WebSocket-Key"));
    }
    EXPECT_EQ(keys.size(), 20U);
}

/// What the client says of an answer that `change` made of a correct one.
std::string judged(const std::string& from, const std::string& to,
                   Compression compression = Compression::shared) {
    const RawServer server;
    std::string outcome;
    RunningClient client([&] { return try_to_connect(server.url(), compression, outcome); });
    RawConnection connection = server.accept();
    std::string answer = switching_to(connection.read_until("\r\n\r\n"));
    const std::size_t place = answer.find(from);
    EXPECT_NE(place, std::string::npos) << from;
    answer.replace(place, from.size(), to);
    connection.send(answer + std::string("\x81\x05Hello", 7));
    // It closes what it has opened, and else ends the connection without a byte.
    const std::string sent = connection.read(1);
    EXPECT_TRUE(sent.empty() || sent == "\x88");
    connection.shut();
    client.wait();
    return outcome;
}

TEST(ClientOpening, FailsOnEveryAnswerThatIsNotOne) {
    const std::string end = "\r\n\r\n";
    EXPECT_EQ(judged(end, end), "open ");
    EXPECT_EQ(judged("websocket", "WebSocket"), "open ") << "case is ignored";
    EXPECT_EQ(judged("Connection: Upgrade", "connection: keep-alive, upgrade"), "open ");
    const std::pair<const char*, const char*> wrong[] = {
        {"101 Switching Protocols", "200 OK"},
        {"HTTP/1.1", "HTTP/2.0"},
        {"Upgrade: websocket\r\n", ""},
        {"Upgrade: websocket", "Upgrade: h2c"},
        {"Upgrade: websocket", "Upgrade: websocket, h2c"},
        {"Connection: Upgrade\r\n", ""},
        {"Connection: Upgrade", "Connection: close"},
        {"Sec-WebSocket-Accept: ", "X: "},
        {"Sec-WebSocket-Accept: ", "Sec-WebSocket-Accept: x"},
        {"=\r\n\r\n", "=\r\nSec-WebSocket-Accept: x\r\n\r\n"},
        {"\r\n\r\n", "\r\nSec-WebSocket-Protocol: other\r\n\r\n"},
        {"\r\n\r\n", "\r\nSec-WebSocket-Protocol: chat, superchat\r\n\r\n"},
        {"\r\n\r\n", "\r\nSec-WebSocket-Protocol:\r\n\r\n"},
        {"\r\n\r\n", "\r\nSec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n\r\n"},
        {"\r\n\r\n", "\r\nSec-WebSocket-Extensions: mux\r\n\r\n"},
        {"\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate; x\r\n\r\n"},
        {"\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate;\r\n\r\n"},
        {"\r\n\r\n", "\r\nX : y\r\n\r\n"},
        {"\r\n\r\n", "\r\n folded\r\n\r\n"},
        {"\r\nUpgrade", "\nUpgrade"},
    };
    for (const auto& [from, to] : wrong) {
        const std::string outcome = judged(from, to);
        EXPECT_TRUE(outcome.starts_with("cannot open a WebSocket")) << to << ": " << outcome;
    }
    EXPECT_FALSE(
        judged(end, "\r\nSec-WebSocket-Extensions: permessage-deflate" + end, Compression::off)
            .starts_with("open"))
        << "it was not offered";
}

TEST(ClientOpening, OffersSubprotocolsThatAreTokensAndEachOnce) {
    const auto refused = [](std::string_view one, std::string_view other) {
        bool done = false;
        EXPECT_EQ(run([](std::string_view first, std::string_view second, bool& told) -> Task<> {
                      const auto socket =
                          co_await connect("ws://127.0.0.1:1/", {.subprotocols = {first, second}});
                      told = !socket && socket.error().code() == ErrorCode::invalid_argument;
                  }(one, other, done)),
                  0);
        return done;
    };
    for (const char* const wrong : {"", " ", "a b", "a,b", "a\r\nX: y", "\"a\"", "a;", "\xC3\xA4"})
        EXPECT_TRUE(refused("chat", wrong)) << wrong;
    EXPECT_TRUE(refused("chat", "chat")) << "the same twice";
}

TEST(ClientOpening, BytesBehindTheAnswerAreTheFirstFrames) {
    const RawServer server;
    std::string heard;
    RunningClient client([&]() -> Task<> {
        auto socket = co_await connect(server.url());
        EXPECT_TRUE(socket);
        if (!socket) co_return;
        while (const auto message = co_await socket->receive())
            heard += std::string(message->text()) + ";";
        heard += std::to_string(to_number(socket->close_status().code));
    });
    RawConnection connection = server.accept();
    const std::string request = connection.read_until("\r\n\r\n");
    connection.send(switching_to(request) + server_frame(text, "early") +
                    server_frame(text, "bird") + server_frame(close_opcode, close_payload(1001)));
    EXPECT_EQ(read_frame(connection).payload, close_payload(1001));
    connection.shut();
    client.wait();
    EXPECT_EQ(heard, "early;bird;1001");
}

/// Opens a connection and sends `message` twice.
Task<> say_twice(std::string url, std::string_view message, Compression compression) {
    auto socket = co_await connect(url, {.limits = {.compression = compression}});
    EXPECT_TRUE(socket);
    if (!socket) co_return;
    co_await socket->send(message);
    co_await socket->send(message);
    socket->close();
}

TEST(ClientOpening, UsesNoExtensionThatTheServerDidNotTake) {
    const RawServer server;
    const std::string message(5000, 'x');
    RunningClient client([&] { return say_twice(server.url(), message, Compression::shared); });
    RawConnection connection = server.accept();
    const std::string request = connection.read_until("\r\n\r\n");
    EXPECT_TRUE(field_in(request, "Sec-WebSocket-Extensions").starts_with("permessage-deflate"));
    connection.send(switching_to(request));
    for (int count = 0; count < 2; ++count) {
        const ClientFrame frame = read_frame(connection);
        EXPECT_EQ(frame.first, 0x81U);
        EXPECT_TRUE(frame.payload == message);
    }
}

/// Twice the same, as a client sends it that offered what it does and was answered so.
std::pair<std::string, std::string> compressed_twice(std::string_view message,
                                                     Compression compression,
                                                     std::string_view extensions) {
    const RawServer server;
    RunningClient client([&] { return say_twice(server.url(), message, compression); });
    RawConnection connection = server.accept();
    const std::string request = connection.read_until("\r\n\r\n");
    connection.send(
        switching_to(request, "Sec-WebSocket-Extensions: " + std::string(extensions) + "\r\n"));
    const ClientFrame first = read_frame(connection);
    const ClientFrame second = read_frame(connection);
    EXPECT_EQ(first.first, 0xC1U);
    EXPECT_EQ(second.first, 0xC1U);
    return {first.payload, second.payload};
}

std::string inflated(protocol::Decompressor& decompressor, std::string_view data) {
    const auto message = decompressor.decompress(std::as_bytes(std::span(data)), 1'000'000);
    if (!message) return "failed";
    return {reinterpret_cast<const char*>(message->data()), message->size()};
}

TEST(ClientOpening, KeepsNoContextWhenTheServerSaysSo) {
    std::string message;
    for (int count = 0; count < 1000; ++count) message += std::to_string(count * 7919) + " ";
    const auto [first, second] = compressed_twice(message, Compression::dedicated,
                                                  "permessage-deflate; client_no_context_takeover");
    protocol::Decompressor without(false);
    EXPECT_TRUE(inflated(without, first) == message);
    EXPECT_TRUE(inflated(without, second) == message);
}

TEST(ClientOpening, KeepsNoContextAfterItHasOfferedToKeepNone) {
    // An offer of client_no_context_takeover says that the client keeps none, also where the answer
    // does not repeat it (RFC 7692, section 7.1.1.2): the server may have made room for none.
    std::string message;
    for (int count = 0; count < 1000; ++count) message += std::to_string(count * 7919) + " ";
    const auto [first, second] = compressed_twice(message, Compression::shared,
                                                  "permessage-deflate; server_no_context_takeover");
    protocol::Decompressor without(false);
    EXPECT_TRUE(inflated(without, first) == message);
    EXPECT_TRUE(inflated(without, second) == message);
}

}  // namespace
}  // namespace longwire
