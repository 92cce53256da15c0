// A server that no longer accepts takes no publications by the connections that it still has, in
// any dialect: whoever comes next is on another one, and would not hear them.
#include "dialects/pusher/pusher.hpp"
#include "dialects/pusher/signature.hpp"
#include "dialects/raw/raw.hpp"
#include "dialects/socketio/channels.hpp"
#include "line_client.hpp"
#include "pusher_app.hpp"
#include "raw_client.hpp"
#include "running_hub.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

namespace longwire::dialects {
namespace {

struct Leaving : RunningHub<> {
    static pusher::AppSettings app() {
        pusher::AppSettings made = pusher_app();
        made.client_events = true;
        return made;
    }
    void TearDown() override {
        // (The second time it does not wait for those who are to stay for a while.)
        running.server.stop();
        RunningHub::TearDown();
    }
    /// From here on it leaves, in its time.
    void leave() {
        running.server.drain(std::chrono::hours(1));
        while (hub_loops.takes_publications())
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    /// Nothing came on the channel.
    void expect_nothing(const std::string& channel) {
        hub.history(channel, {.last = 10}, [](const Result<hub::History>& history) {
            ASSERT_TRUE(history);
            EXPECT_TRUE(history->publications.empty());
        });
    }
    static std::string post(std::string_view target, std::string_view body) {
        return "POST " + std::string(target) +
               " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + std::string(body);
    }

    raw::Raw raw{running.server, hub_loops, gate};
    socketio::Channels socketio{running.server, hub_loops, gate, {}, {}};
    pusher::Pusher pusher{running.server,
                          hub_loops,
                          gate,
                          {app()},
                          [](pusher::Webhooks::Call, pusher::Webhooks::Sent) {},
                          {},
                          {}};
};

void expect_come_again(const std::string& answer) {
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 503")) << answer;
    EXPECT_NE(answer.find("Retry-After: 1\r\n"), std::string::npos) << answer;
    EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
}

TEST_F(Leaving, ARequestThatPublishesIsToComeAgain) {
    RawClient client(running.port);
    client.send(post("/channels/a", "x"));
    EXPECT_TRUE(client.read_until("\"}\n").starts_with("HTTP/1.1 200"));
    leave();
    client.send(post("/channels/b", "x"));
    expect_come_again(client.read_all());
    expect_nothing("b");
}

TEST_F(Leaving, AWebSocketThatPublishesIsClosedWith1012) {
    RawClient plain(running.port);
    EXPECT_TRUE(plain.upgrade("/channels/a").starts_with("HTTP/1.1 101"));
    RawClient json(running.port);
    EXPECT_TRUE(json.upgrade("/channels/a?format=json").starts_with("HTTP/1.1 101"));
    json.read_until("}");
    leave();
    for (RawClient* const client : {&plain, &json}) {
        client->send(client_frame(text, "x"));
        EXPECT_NE(client->read_until(leaving_reason).find(close_payload(1012)), std::string::npos);
    }
    expect_nothing("a");
}

TEST_F(Leaving, AClientOfSocketIoIsToldAndClosed) {
    LineClient client(running.port, "/socket.io/");
    client.next();
    client.send("40/a,");
    client.message();
    leave();
    client.send(R"(42/a,0["message","x"])");
    const std::string told = client.message();
    EXPECT_TRUE(told.starts_with("43/a,0")) << told;
    EXPECT_NE(told.find(R"("status":503)"), std::string::npos) << told;
    // (What comes before may be told too: that the namespace is left.)
    std::string last = client.message();
    while (last != "close") last = client.message();
    expect_nothing("a");
}

TEST_F(Leaving, AClientOfPusherIsClosedWith4200) {
    RawClient client(running.port);
    client.upgrade("/app/k?protocol=7");
    const std::string hello = client.read_until("}\"}");
    const std::size_t at = hello.find("socket_id\\\":\\\"") + 14;
    const std::string id = hello.substr(at, hello.find('\\', at) - at);
    client.send(client_frame(
        text, R"({"event":"pusher:subscribe","data":{"channel":"private-a",)"
              R"("auth":"k:)" +
                  pusher::hmac_sha256("s", pusher::channel_text(id, "private-a", {})) + "\"}}"));
    client.read_until("succeeded");
    leave();
    client.send(client_frame(text, R"({"event":"client-n","channel":"private-a","data":"x"})"));
    EXPECT_NE(client.read_until("leaving").find(close_payload(4200)), std::string::npos);
    expect_nothing("private-a");
}

TEST_F(Leaving, ThePusherApiIsToBeAskedAgain) {
    const std::string body = R"({"name":"n","channels":["a"],"data":"x"})";
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const std::string query =
        "auth_key=k&auth_timestamp=" + std::to_string(now.time_since_epoch().count()) +
        "&auth_version=1.0&body_md5=" + pusher::md5(body);
    const std::string signature = pusher::hmac_sha256("s", "POST\n/apps/1/events\n" + query);
    const std::string target = "/apps/1/events?" + query + "&auth_signature=" + signature;
    RawClient client(running.port);
    client.send(post(target, body));
    const std::string first = client.read_until("{}");
    EXPECT_TRUE(first.starts_with("HTTP/1.1 200")) << first;
    leave();
    client.send(post(target, body));
    expect_come_again(client.read_all());
}

// What waits for a message would wait for one that does not come here.
TEST_F(Leaving, ALongPollIsAnsweredAtOnce) {
    RawClient client(running.port);
    const std::string poll = "GET /channels/a?wait=60 HTTP/1.1\r\nHost: localhost\r\n\r\n";
    client.send("GET /channels/a?history=0 HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_TRUE(client.read_until("]}\n").starts_with("HTTP/1.1 200"));
    leave();
    client.send(poll);
    const std::string answer = client.read_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200")) << answer;
    EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
}

}  // namespace
}  // namespace longwire::dialects
