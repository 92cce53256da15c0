// Names of sessions: which loop, and whether another server has made them.
#include "access/base64url.hpp"
#include "dialects/socketio/channels.hpp"
#include "dialects/socketio/session_id.hpp"
#include "raw_client.hpp"
#include "running_hub.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <string>
#include <vector>

namespace longwire::dialects {
namespace {

/// A name as another server makes it, so many seconds from now.
std::string made_elsewhere(int seconds) {
    auto bytes = *access::from_base64url(socketio::new_id(0));
    bytes[18] = static_cast<char>(bytes[18] ^ 1);
    std::uint32_t when = 0;
    for (std::size_t place = 20; place < 24; ++place)
        when = when << 8U | static_cast<unsigned char>(bytes[place]);
    when += static_cast<std::uint32_t>(seconds);
    for (std::size_t place = 24; place-- > 20; when >>= 8U)
        bytes[place] = static_cast<char>(when & 0xFFU);
    return access::to_base64url(bytes);
}

TEST(SocketIoSessionIds, SayTheirLoopAndAreAllDifferent) {
    const std::string one = socketio::new_id(300);
    EXPECT_EQ(socketio::loop_of(one), 300U);
    EXPECT_NE(one, socketio::new_id(300));
    for (const std::string& none : {std::string(), std::string(32, '!'), one.substr(1)})
        EXPECT_EQ(socketio::loop_of(none), std::nullopt) << none;
}

TEST(SocketIoSessionIds, OfAnotherServerAreKnown) {
    EXPECT_FALSE(socketio::is_of_another(socketio::new_id(0)));
    EXPECT_TRUE(socketio::is_of_another(made_elsewhere(3600)));
    // Of one that was there before, and whose place this one has taken.
    EXPECT_FALSE(socketio::is_of_another(made_elsewhere(-3600)));
    EXPECT_FALSE(socketio::is_of_another(made_elsewhere(0)));
    EXPECT_FALSE(socketio::is_of_another("abc"));
}

struct SocketIoBehindAProxy : RunningHub<> {
    void SetUp() override {
        RunningHub::SetUp();
        set_log_sink([this](LogLevel level, std::string_view line) {
            const std::scoped_lock lock(mutex);
            if (level == LogLevel::warning) told.emplace_back(line);
        });
    }
    std::string poll(const std::string& id) const {
        RawClient client(running.port);
        client.send("GET /socket.io/?EIO=4&transport=polling&sid=" + id +
                    " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        return client.read_until("}");
    }

    std::mutex mutex;
    std::vector<std::string> told;
    socketio::Channels socketio{running.server, hub_loops, gate, {}, {}};
};

TEST_F(SocketIoBehindAProxy, ASessionOfAnotherServerIsToldOnce) {
    EXPECT_NE(poll(made_elsewhere(-3600)).find("Session ID unknown"), std::string::npos);
    for (int count = 0; count < 3; ++count)
        EXPECT_NE(poll(made_elsewhere(3600)).find("Session ID unknown"), std::string::npos);
    RawClient client(running.port);
    client.upgrade("/socket.io/?EIO=4&transport=websocket&sid=" + made_elsewhere(3600));
    const std::scoped_lock lock(mutex);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_NE(told.front().find("docs/proxies.md"), std::string::npos);
}

}  // namespace
}  // namespace longwire::dialects
