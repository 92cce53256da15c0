// Handshakes that are decided later: let in, refused, forgotten, or whose client has gone
// meanwhile.
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace longwire {
namespace {

std::string request_for(std::string_view path) {
    return "GET " + std::string(path) +
           " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
}

struct DeferredUpgrade : testing::Test {
    DeferredUpgrade() {
        set_log_sink({});
        WebSocketHandlers waits = echo_handlers();
        waits.on_upgrade = [this](Upgrade& upgrade) {
            const std::scoped_lock lock(mutex);
            replies.push_back(upgrade.answer_later());
        };
        waits.on_open = [this](WebSocket&, const Request& request) { opened = request.path(); };
        running.server.websocket("/waits/:name", waits);
        WebSocketHandlers at_once = echo_handlers();
        at_once.on_upgrade = [](Upgrade& upgrade) {
            const HttpReply reply = upgrade.answer_later();
            if (upgrade.request().query("no"))
                reply.send(Response::text(403, "no"));
            else if (!upgrade.request().query("forgotten"))
                reply.send(Response{.status = 101});
        };
        running.server.websocket("/at_once", at_once);
        running.start();
    }
    ~DeferredUpgrade() override {
        {
            const std::scoped_lock lock(mutex);
            replies.clear();
        }
        running.stop();
    }
    HttpReply next() {
        for (;;) {
            const std::scoped_lock lock(mutex);
            if (replies.empty()) continue;
            HttpReply reply = std::move(replies.front());
            replies.erase(replies.begin());
            return reply;
        }
    }
    std::size_t replies_now() {
        const std::scoped_lock lock(mutex);
        return replies.size();
    }
    static void expect_echo(RawClient& client) {
        client.send(client_frame(text, "hello"));
        EXPECT_EQ(client.read(7), "\x81\x05hello");
    }

    std::mutex mutex;
    std::vector<HttpReply> replies;
    std::string opened;
    RunningServer running;
};

TEST_F(DeferredUpgrade, IsLetInWithFieldsOfItsAnswer) {
    RawClient client(running.port);
    client.send(request_for("/waits/a"));
    next().send(Response{.status = 101}.with("Set-Cookie", "a=b"));
    const std::string head = client.read_until("\r\n\r\n");
    EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
    EXPECT_NE(head.find("Set-Cookie: a=b\r\n"), std::string::npos);
    EXPECT_NE(head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos);
    expect_echo(client);
    EXPECT_EQ(opened, "/waits/a");
}

TEST_F(DeferredUpgrade, CannotBreakTheHandshakeWithFieldsOfItsAnswer) {
    RawClient client(running.port);
    client.send(request_for("/waits/a"));
    next().send(Response{.status = 101, .body = "hello"}
                    .with("Sec-WebSocket-Accept", "wrong")
                    .with("Sec-WebSocket-Protocol", "not offered")
                    .with("sec-websocket-extensions", "permessage-deflate")
                    .with("Upgrade", "h2c")
                    .with("Connection", "close")
                    .with("Content-Length", "5")
                    .with("Transfer-Encoding", "chunked")
                    .with("X-Own", "kept"));
    const std::string head = client.read_until("\r\n\r\n");
    EXPECT_EQ(head,
              "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nX-Own: kept\r\n\r\n");
    expect_echo(client);
}

TEST_F(DeferredUpgrade, KeepsWhatTheClientSendsMeanwhile) {
    RawClient client(running.port);
    client.send(request_for("/waits/a") + client_frame(text, "one"));
    const HttpReply reply = next();
    client.send(client_frame(text, "two"));
    reply.send(Response{.status = 101});
    client.read_until("\r\n\r\n");
    EXPECT_EQ(client.read(10), "\x81\x03one\x81\x03two");
}

TEST_F(DeferredUpgrade, IsRefusedAsItIsAtOnce) {
    RawClient client(running.port);
    client.send(request_for("/waits/a"));
    next().send(Response::text(403, "not you"));
    const std::string answer = client.read_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 403 ")) << answer;
    EXPECT_TRUE(answer.ends_with("not you\n"));
    EXPECT_EQ(running.server.counts().handshakes_refused, 1U);
}

TEST_F(DeferredUpgrade, IsAnsweredWith500WhereNobodyDecides) {
    RawClient client(running.port);
    client.send(request_for("/waits/a"));
    next() = HttpReply();
    EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 500 "));
}

TEST_F(DeferredUpgrade, MayBeDecidedWithinTheHandler) {
    RawClient let_in(running.port);
    let_in.send(request_for("/at_once") + client_frame(text, "one"));
    EXPECT_TRUE(let_in.read_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
    EXPECT_EQ(let_in.read(5), "\x81\x03one");
    RawClient refused(running.port);
    refused.send(request_for("/at_once?no"));
    EXPECT_TRUE(refused.read_all().starts_with("HTTP/1.1 403 "));
    RawClient forgotten(running.port);
    forgotten.send(request_for("/at_once?forgotten"));
    EXPECT_TRUE(forgotten.read_all().starts_with("HTTP/1.1 500 "));
}

TEST_F(DeferredUpgrade, ComesToNothingWhenTheClientHasGone) {
    {
        RawClient client(running.port);
        client.send(request_for("/waits/a"));
        while (replies_now() == 0) std::this_thread::yield();
    }
    const HttpReply reply = next();
    while (reply.alive()) std::this_thread::yield();
    reply.send(Response{.status = 101});
    RawClient client(running.port);
    client.send(request_for("/at_once"));
    EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
    EXPECT_EQ(opened, "");
}

TEST_F(DeferredUpgrade, EndsWithItsServer) {
    const HttpReply reply = [this] {
        RawClient client(running.port);
        client.send(request_for("/waits/a"));
        HttpReply made = next();
        running.server.stop();
        EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 503 "));
        return made;
    }();
    running.stop();
    reply.send(Response{.status = 101});
}

}  // namespace
}  // namespace longwire
