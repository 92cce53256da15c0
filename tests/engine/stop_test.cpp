// How a server begins and ends.
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace longwire {
namespace {

TEST(Stop, OpenConnectionsAreClosedWith1001) {
    RunningServer running;
    running.server.websocket("/", echo_handlers());
    running.start();
    RawClient client(running.port);
    client.upgrade("/");
    running.server.stop();
    EXPECT_EQ(client.read(4), server_frame(close_opcode, close_payload(1001)));
    client.send(client_frame(close_opcode, close_payload(1001)));
    EXPECT_EQ(client.read_all(), "");
    client.close();
    running.stop();
    EXPECT_EQ(running.status, 0);
}

TEST(Stop, AHandlerMayCloseWithACodeOfItsOwn) {
    RunningServer running;
    auto handlers = echo_handlers();
    handlers.on_leave = [](WebSocket& socket) { socket.close(static_cast<CloseCode>(4200)); };
    running.server.websocket("/", handlers);
    handlers.on_leave = [](WebSocket& socket) { socket.send("farewell"); };
    running.server.websocket("/farewell", handlers);
    running.start();
    RawClient client(running.port);
    client.upgrade("/");
    RawClient other(running.port);
    other.upgrade("/farewell");
    running.server.stop();
    EXPECT_EQ(client.read(4), server_frame(close_opcode, close_payload(4200)));
    EXPECT_EQ(other.read(14),
              server_frame(text, "farewell") + server_frame(close_opcode, close_payload(1001)));
    client.close();
    other.close();
    running.stop();
    EXPECT_EQ(running.status, 0);
}

TEST(Stop, ASecondStopEndsAtOnce) {
    RunningServer running;
    running.server.websocket("/", echo_handlers());
    running.start();
    RawClient client(running.port);
    client.upgrade("/");
    running.server.stop();
    client.read(4);
    running.stop();
    EXPECT_EQ(running.status, 0);
    EXPECT_EQ(client.read_all(), "");
}

TEST(Stop, AServerMayRunAgain) {
    Server server;
    server.stop();
    EXPECT_EQ(server.run(), 0);
    server.post([&] { server.stop(); });
    EXPECT_EQ(server.run(), 0);
}

TEST(Listen, ATakenPortIsNamed) {
    RunningServer first;
    first.start();
    Server second;
    const auto listening = second.listen({.port = first.port});
    ASSERT_FALSE(listening);
    EXPECT_EQ(listening.error().code(), ErrorCode::address_in_use);
    EXPECT_NE(listening.error().message().find(std::to_string(first.port)), std::string::npos);
}

TEST(Listen, ADeadUnixSocketIsReplacedAndALiveOneIsNot) {
    const std::string path = testing::TempDir() + "/longwire-listen-test.sock";
    ::unlink(path.c_str());
    {
        // What a process that was killed leaves behind.
        const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_storage address = {};
        address.ss_family = AF_UNIX;
        path.copy(reinterpret_cast<char*>(&address) + sizeof(sa_family_t), path.size());
        ASSERT_EQ(::bind(dead, reinterpret_cast<const sockaddr*>(&address),
                         static_cast<socklen_t>(sizeof(sa_family_t) + path.size() + 1)),
                  0);
        ::close(dead);
    }
    Server first;
    ASSERT_TRUE(first.listen({.unix_path = path}));
    Server second;
    const auto taken = second.listen({.unix_path = path});
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code(), ErrorCode::address_in_use);
}

TEST(Listen, AUnixSocketHasTheModeThatWasAskedFor) {
    std::string folder = testing::TempDir() + "longwire-XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    const std::string path = folder + "/socket";
    for (const unsigned mode : {0600U, 0666U}) {
        Server server;
        ASSERT_TRUE(server.listen({.unix_path = path, .unix_mode = mode}));
        struct stat found = {};
        ASSERT_EQ(::stat(path.c_str(), &found), 0);
        EXPECT_EQ(found.st_mode & 07777U, mode);
    }
    Server server;
    const auto refused = server.listen({.unix_path = path, .unix_mode = 04755});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), ErrorCode::invalid_argument);
    ::rmdir(folder.c_str());
}

TEST(Listen, AddressesAreRead) {
    const auto host = [](std::string_view text) {
        const auto options = ListenOptions::parse(text);
        return options ? options->host + " " + std::to_string(options->port) + options->unix_path
                       : "";
    };
    EXPECT_EQ(host("127.0.0.1:8000"), "127.0.0.1 8000");
    EXPECT_EQ(host("localhost:0"), "localhost 0");
    EXPECT_EQ(host("[::1]:8000"), "::1 8000");
    EXPECT_EQ(host(":8000"), ":: 8000");
    EXPECT_EQ(host("unix:/run/x.sock"), "127.0.0.1 0/run/x.sock");
    for (const char* const wrong :
         {"", "8000", "localhost", "localhost:", "localhost:65536", "localhost:-1", "localhost:80x",
          "::1:80", "[localhost]:80", "unix:"}) {
        const auto options = ListenOptions::parse(wrong);
        ASSERT_FALSE(options) << wrong;
        EXPECT_EQ(options.error().code(), ErrorCode::invalid_argument);
        EXPECT_NE(options.error().message().find("HOST:PORT"), std::string::npos);
    }
}

}  // namespace
}  // namespace longwire
