// Clients on slow links: one that has yet to get the dialect's own ping, and takes what comes
// before it, is not one that does not answer.
#include "dialects/pusher/pusher.hpp"
#include "dialects/pusher/signature.hpp"
#include "raw_client.hpp"
#include "running_hub.hpp"
#include "running_server.hpp"
#include "slow_connection.hpp"

#include <longwire/socketio.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>

namespace longwire {
namespace {

using namespace std::chrono_literals;

void upgrade(RawConnection& client, const std::string& target) {
    client.send("GET " + target +
                " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    client.read_until("\r\n\r\n");
}

TEST(SlowLinkOfEngineIo, IsNoMissingPong) {
    constexpr std::size_t size = std::size_t{3} << 20;
    SocketIoOptions options;
    options.path = "/engine.io/";
    options.ping_interval = 100ms;
    options.ping_timeout = 600ms;
    options.max_backlog = 2 * size;
    RunningServer running({.threads = 2});
    const EngineIo engine(running.server, options, [](EngineIo::Session& session, Message message) {
        if (message.text() == "large")
            session.send(Message::text(std::string(size, 'x')));
        else
            session.send(message);
    });
    running.start();
    RawConnection client = slow_connection(running.port);
    upgrade(client, "/engine.io/?EIO=4&transport=websocket");
    client.read_until("}");
    client.send(client_frame(text, "4large"));
    ASSERT_EQ(read_slowly(client, size, 2000ms).size(), size);
    client.send(client_frame(text, "3") + client_frame(text, "4still here"));
    EXPECT_TRUE(client.read_until("4still here").ends_with("4still here"));
    client.close();
    running.stop();
}

TEST(SlowLinkOfEngineIo, OneThatTakesNothingGoes) {
    constexpr std::size_t size = std::size_t{4} << 20;
    SocketIoOptions options;
    options.path = "/engine.io/";
    options.ping_interval = 100ms;
    options.ping_timeout = 200ms;
    options.max_backlog = 2 * size;
    RunningServer running({.threads = 2});
    const EngineIo engine(running.server, options, [](EngineIo::Session& session, const Message&) {
        session.send(Message::text(std::string(size, 'x')));
    });
    running.start();
    RawConnection client = slow_connection(running.port);
    upgrade(client, "/engine.io/?EIO=4&transport=websocket");
    client.read_until("}");
    client.send(client_frame(text, "4large"));
    // For as long as a client that answers no ping may take, and longer.
    std::this_thread::sleep_for(700ms);
    EXPECT_TRUE(client.read_until("ping timeout").ends_with("ping timeout"));
    client.close();
    running.stop();
}

/// By polling: what is sent and asked for leaves by connections of its own.
struct SlowLinkOfPolling : testing::Test {
    static constexpr std::size_t size = std::size_t{3} << 20;
    static SocketIoOptions options() {
        SocketIoOptions options;
        options.path = "/engine.io/";
        options.ping_interval = 100ms;
        options.ping_timeout = 600ms;
        options.max_backlog = 2 * size;
        return options;
    }
    SlowLinkOfPolling() {
        running.start();
        const std::string opening = ask("");
        const std::size_t at = opening.find("sid\":\"") + 6;
        session = "&sid=" + opening.substr(at, opening.find('"', at) - at);
    }
    ~SlowLinkOfPolling() override { running.stop(); }

    [[nodiscard]] static std::string get(const std::string& sid) {
        return "GET /engine.io/?EIO=4&transport=polling" + sid +
               " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    }
    [[nodiscard]] std::string ask(const std::string& sid) const {
        RawConnection client = RawConnection::to(running.port);
        client.send(get(sid));
        return client.read_all();
    }
    [[nodiscard]] std::string post(const std::string& body) const {
        RawConnection client = RawConnection::to(running.port);
        client.send("POST /engine.io/?EIO=4&transport=polling" + session +
                    " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + body);
        return client.read_all();
    }

    RunningServer running{{.threads = 2}};
    EngineIo engine{running.server, options(), [](EngineIo::Session& one, Message message) {
                        if (message.text() == "large")
                            one.send(Message::text(std::string(size, 'x')));
                        else
                            one.send(message);
                    }};
    std::string session;
};

TEST_F(SlowLinkOfPolling, IsNoMissingPong) {
    EXPECT_NE(post("4large").find("\r\n\r\nok"), std::string::npos);
    RawConnection slow = slow_connection(running.port);
    slow.send(get(session));
    ASSERT_GE(read_slowly(slow, size, 2500ms).size(), size);
    EXPECT_NE(post("3\x1e"
                   "4still here")
                  .find("\r\n\r\nok"),
              std::string::npos);
    std::string answers;
    while (answers.find("4still here") == std::string::npos) {
        answers += ask(session);
        ASSERT_EQ(answers.find("HTTP/1.1 400"), std::string::npos);
    }
}

TEST_F(SlowLinkOfPolling, OneThatTakesNothingGoes) {
    EXPECT_NE(post("4large").find("\r\n\r\nok"), std::string::npos);
    RawConnection slow = slow_connection(running.port);
    slow.send(get(session));
    // (It goes when the answer to a ping is missing, by 700 ms; or, as it had taken some of the
    // answer until then, 600 ms after.)
    const auto by = std::chrono::steady_clock::now() + 10s;
    while (post("4x").find("HTTP/1.1 400") == std::string::npos)
        ASSERT_LT(std::chrono::steady_clock::now(), by);
}

namespace pusher = dialects::pusher;

pusher::AppSettings impatient_app() {
    pusher::AppSettings app;
    app.id = "1";
    app.key = "k";
    app.secret = "s";
    app.client_events = true;
    app.client_event_rate = {};
    app.messages = {};
    app.activity_timeout = 1s;
    app.pong_timeout = 1s;
    return app;
}

struct SlowLinkOfPusher : dialects::RunningHub<> {
    pusher::Pusher served{running.server,
                          hub_loops,
                          gate,
                          {impatient_app()},
                          [](pusher::Webhooks::Call, pusher::Webhooks::Sent) {},
                          {},
                          {}};

    /// Joins a channel that takes client events.
    static void join(RawConnection& client) {
        upgrade(client, "/app/k?protocol=7");
        const std::string hello = client.read_until("}\"}");
        const std::size_t at = hello.find("socket_id\\\":\\\"") + 14;
        const std::string id = hello.substr(at, hello.find('\\', at) - at);
        const std::string auth =
            "k:" + pusher::hmac_sha256("s", pusher::channel_text(id, "private-a", ""));
        client.send(client_frame(
            text, R"({"event":"pusher:subscribe","data":{"channel":"private-a","auth":")" + auth +
                      "\"}}"));
        client.read_until("succeeded");
    }
};

TEST_F(SlowLinkOfPusher, IsNoMissingPong) {
    RawConnection slow = slow_connection(running.port);
    join(slow);
    RawConnection publisher = RawConnection::to(running.port);
    join(publisher);
    constexpr std::size_t events = 90;
    const std::string data(10'000, 'x');
    for (std::size_t count = 0; count < events; ++count)
        publisher.send(client_frame(
            text, R"({"event":"client-n","channel":"private-a","data":")" + data + "\"}"));
    ASSERT_EQ(read_slowly(slow, events * data.size(), 4000ms).size(), events * data.size());
    slow.send(client_frame(text, R"({"event":"pusher:ping"})"));
    EXPECT_TRUE(slow.read_until("pusher:pong").ends_with("pusher:pong"));
}

struct SlowLinkOfFallbacks : dialects::RunningHub<> {
    static pusher::Pusher::Options quick() {
        pusher::Pusher::Options options;
        options.fallbacks.patience = 500ms;
        return options;
    }
    [[nodiscard]] static std::string request(const std::string& what, const std::string& body) {
        return "POST /pusher/app/k/1/abc/" + what + "?protocol=7 HTTP/1.1\r\nHost: x\r\n" +
               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }

    pusher::Pusher served{running.server,
                          hub_loops,
                          gate,
                          {impatient_app()},
                          [](pusher::Webhooks::Call, pusher::Webhooks::Sent) {},
                          {},
                          quick()};
};

TEST_F(SlowLinkOfFallbacks, OneThatStillGetsItsAnswerIsNotGone) {
    RawConnection slow = slow_connection(running.port);
    slow.send(request("xhr", ""));
    slow.read_until("o{}\n");
    slow.send(request("xhr", ""));
    slow.read_until("connection_established");
    slow.read_until("\n");
    RawConnection sends = RawConnection::to(running.port);
    sends.send(request("xhr_send",
                       R"(["{\"event\":\"pusher:subscribe\",\"data\":{\"channel\":\"a\"}}"])"));
    sends.read_until("\r\n\r\n");
    slow.send(request("xhr", ""));
    slow.read_until("succeeded");
    slow.read_until("\n");
    constexpr std::size_t events = 90;
    const std::string data(10'000, 'x');
    for (std::size_t count = 0; count < events; ++count)
        hub.publish({.channel = "a", .content = {.message = Message::text(data), .event = "n"}});
    slow.send(request("xhr", ""));
    ASSERT_EQ(read_slowly(slow, events * data.size(), 3000ms).size(), events * data.size());
    slow.read_until("]\n");
    sends.send(request("xhr_send", R"(["{\"event\":\"pusher:ping\",\"data\":{}}"])"));
    const std::string answered = sends.read_until("\r\n\r\n");
    EXPECT_NE(answered.find(" 204 "), std::string::npos) << answered;
    slow.send(request("xhr", ""));
    EXPECT_TRUE(slow.read_until("pusher:pong").ends_with("pusher:pong"));
}

}  // namespace
}  // namespace longwire
