// Handles: used from other threads, and after the connection is gone.
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <future>
#include <string>
#include <thread>
#include <vector>

namespace longwire {
namespace {

/// A server whose connections' handles a test gets.
struct Handing {
    Handing() {
        running.server.websocket(
            "/",
            {.on_open = [this](WebSocket& socket,
                               const Request&) { opened.set_value(socket.handle()); },
             .on_close = [this](WebSocket&, CloseCode, std::string_view) { closed.set_value(); }});
        running.start();
    }

    std::promise<Handle> opened;
    std::promise<void> closed;
    RunningServer running;
};

TEST(Handle, SendsFromManyThreads) {
    Handing handing;
    RawClient client(handing.running.port);
    client.upgrade("/");
    const Handle handle = handing.opened.get_future().get();
    std::vector<std::thread> threads;
    for (int index = 0; index < 4; ++index)
        threads.emplace_back([handle] {
            for (int count = 0; count < 500; ++count) EXPECT_TRUE(handle.send("x"));
        });
    std::string expected;
    for (int count = 0; count < 2000; ++count) expected += server_frame(text, "x");
    EXPECT_EQ(client.read(expected.size()), expected);
    for (auto& thread : threads) thread.join();
}

TEST(Handle, SaysWhenTheConnectionIsGone) {
    Handing handing;
    Handle handle;
    EXPECT_FALSE(handle.alive());
    EXPECT_FALSE(handle.send("x"));
    {
        RawClient client(handing.running.port);
        client.upgrade("/");
        handle = handing.opened.get_future().get();
        EXPECT_TRUE(handle.alive());
        EXPECT_TRUE(handle.close(CloseCode{4002}, "enough"));
        EXPECT_EQ(client.read(10), server_frame(close_opcode, close_payload(4002, "enough")));
    }
    handing.closed.get_future().wait();
    while (handle.alive()) std::this_thread::yield();
    EXPECT_FALSE(handle.send("x"));
    EXPECT_FALSE(handle.post([](WebSocket&) { FAIL(); }));
}

TEST(Handle, OutlivesTheServer) {
    Handle handle;
    {
        Handing handing;
        RawClient client(handing.running.port);
        client.upgrade("/");
        handle = handing.opened.get_future().get();
        handing.running.server.stop();
        handing.running.server.stop();
    }
    EXPECT_FALSE(handle.alive());
    EXPECT_FALSE(handle.send("x"));
}

TEST(Handle, DoesNotNameTheNextConnectionInItsPlace) {
    std::vector<Handle> handles;
    RunningServer running;
    running.server.websocket("/", {.on_open = [&](WebSocket& socket, const Request&) {
                                 handles.push_back(socket.handle());
                                 socket.send("opened");
                             }});
    running.start();
    for (int count = 0; count < 3; ++count) {
        RawClient client(running.port);
        client.upgrade("/");
        client.read(8);
        client.send(client_frame(close_opcode, close_payload(1000)));
        client.read_all();
    }
    running.stop();
    ASSERT_EQ(handles.size(), 3U);
    EXPECT_NE(handles[0], handles[1]);
    EXPECT_NE(handles[1], handles[2]);
}

TEST(Handle, PostedFunctionsRunOnTheLoop) {
    Handing handing;
    RawClient client(handing.running.port);
    client.upgrade("/");
    const Handle handle = handing.opened.get_future().get();
    std::promise<std::thread::id> ran;
    ASSERT_TRUE(handle.post([&](WebSocket& socket) {
        socket.send("posted");
        ran.set_value(std::this_thread::get_id());
    }));
    EXPECT_NE(ran.get_future().get(), std::this_thread::get_id());
    EXPECT_EQ(client.read(8), server_frame(text, "posted"));
}

}  // namespace
}  // namespace longwire
