// What a client sends is its own once `send` has returned (RFC 6455, section 10.3): were a frame
// that has begun still open to change, its author could cancel the mask of the rest.
#include "raw_client.hpp"
#include "raw_server.hpp"

#include <gtest/gtest.h>
#include <longwire/longwire.hpp>

#include <algorithm>
#include <future>
#include <string>

namespace longwire {
namespace {

TEST(ClientSending, AFrameThatHasBegunCannotBeChanged) {
    constexpr std::size_t size = std::size_t{32} << 20;  // more than the kernel's buffers hold
    const RawServer server;
    std::promise<void> changed;
    RunningClient client([&]() -> Task<> {
        auto socket = co_await connect(
            server.url(), {.limits = {.max_backlog = 2 * size, .compression = Compression::off}});
        EXPECT_TRUE(socket);
        if (!socket) co_return;
        std::string payload(size, 'a');
        EXPECT_EQ(socket->send(payload), SendStatus::buffered);
        std::ranges::fill(payload, 'b');
        changed.set_value();
        co_await socket->receive();
    });
    RawConnection connection = server.accept();
    connection.send(switching_to(connection.read_until("\r\n\r\n")));
    changed.get_future().wait();
    const ClientFrame frame = read_frame(connection);
    EXPECT_TRUE(frame.masked);
    EXPECT_EQ(frame.payload.size(), size);
    EXPECT_EQ(frame.payload.find_first_not_of('a'), std::string::npos);
    connection.send(server_frame(close_opcode, ""));
    connection.read(6);
    connection.shut();
}

}  // namespace
}  // namespace longwire
