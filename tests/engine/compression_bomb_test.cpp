// Ten gigabytes in ten megabytes (RFC 7692 with RFC 6455, section 10.4): given up at the limit, by
// either side, and nobody else feels it.
#include "raw_client.hpp"
#include "raw_server.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <string_view>

namespace longwire {
namespace {

constexpr std::string_view offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
constexpr std::size_t inflated_piece = std::size_t{64} << 20;
constexpr int pieces = 160;

/// 64 MiB of zeros as a part of a compressed message, to be followed by others.
const std::string& piece() {
    static const std::string bytes = [] {
        const std::string zeros(inflated_piece, '\0');
        std::string data(100'000, '\0');
        z_stream state = {};
        EXPECT_EQ(deflateInit2(&state, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY), Z_OK);
        state.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zeros.data()));
        state.avail_in = static_cast<uInt>(zeros.size());
        state.next_out = reinterpret_cast<Bytef*>(data.data());
        state.avail_out = static_cast<uInt>(data.size());
        EXPECT_EQ(deflate(&state, Z_SYNC_FLUSH), Z_OK);
        EXPECT_EQ(state.avail_in, 0U);
        data.resize(data.size() - state.avail_out);
        deflateEnd(&state);
        return data;
    }();
    return bytes;
}

/// A server's frame with a payload of the size of a piece.
std::string frame_of_a_piece(int opcode, bool fin) {
    EXPECT_TRUE(piece().size() >= 126 && piece().size() < 65536);
    std::string frame{static_cast<char>((fin ? 0x80 : 0) | opcode), '\x7E'};
    frame += static_cast<char>(piece().size() >> 8);
    frame += static_cast<char>(piece().size() & 0xFF);
    return frame + piece();
}

TEST(CompressionBomb, EndsAtTheLimitOfTheServer) {
    EXPECT_LT(piece().size(), 70'000U);
    RunningServer running;
    running.server.websocket("/", echo_handlers(), {.limits = {.max_message_size = 100'000}});
    running.start();
    RawClient good(running.port);
    good.upgrade("/");
    RawClient bad(running.port);
    EXPECT_NE(bad.upgrade("/", offer).find("permessage-deflate"), std::string::npos);
    bool connected = bad.try_send(client_frame(binary | 0x40, piece(), false));
    // The server has ended long before; how many of these it still takes is the kernel's affair.
    for (int count = 1; connected && count < pieces; ++count)
        connected = bad.try_send(client_frame(continuation, piece(), count == pieces - 1));
    good.send(client_frame(text, "fine"));
    EXPECT_EQ(good.read(6), server_frame(text, "fine"));
    bad.shut();
    const std::string answer = bad.read_all();
    ASSERT_GE(answer.size(), 4U);
    EXPECT_EQ(answer[0], '\x88');
    EXPECT_EQ(answer.substr(2, 2), close_payload(1009));
}

TEST(CompressionBomb, InOneFrameEndsAtTheLimitOfTheServer) {
    RunningServer running;
    running.server.websocket("/", echo_handlers());
    running.start();
    for (const char* const parameters : {"", "; client_no_context_takeover"}) {
        RawClient bad(running.port);
        bad.upgrade("/", std::string(offer.substr(0, offer.size() - 2)) + parameters + "\r\n");
        bad.send(
            client_frame(text | 0x40, std::string_view(piece()).substr(0, piece().size() - 4)));
        EXPECT_EQ(bad.read(4).substr(2, 2), close_payload(1009)) << parameters;
    }
}

TEST(CompressionBomb, EndsAtTheLimitOfTheClient) {
    const RawServer server;
    int code = 0;
    RunningClient client([&]() -> Task<> {
        auto socket = co_await connect(server.url(), {.limits = {.max_message_size = 100'000}});
        EXPECT_TRUE(socket);
        if (!socket) co_return;
        const auto message = co_await socket->receive();
        EXPECT_FALSE(message);
        code = to_number(socket->close_status().code);
    });
    RawConnection connection = server.accept();
    const std::string request = connection.read_until("\r\n\r\n");
    connection.send(switching_to(request,
                                 "Sec-WebSocket-Extensions: permessage-deflate; "
                                 "server_no_context_takeover; client_no_context_takeover\r\n"));
    bool connected = connection.send(frame_of_a_piece(binary | 0x40, false));
    for (int count = 1; connected && count < pieces; ++count)
        connected = connection.send(frame_of_a_piece(continuation, count == pieces - 1));
    EXPECT_EQ(read_frame(connection).payload.substr(0, 2), close_payload(1009));
    connection.shut();
    client.wait();
    EXPECT_EQ(code, 1009);
}

}  // namespace
}  // namespace longwire
