// Tokens near their end: what lets one in lets it stay until the same moment, in every dialect.
#include "access/json_web_token.hpp"
#include "broken_broker.hpp"
#include "dialects/pusher/pusher.hpp"
#include "dialects/raw/raw.hpp"
#include "dialects/socketio/channels.hpp"
#include "line_client.hpp"
#include "pusher_app.hpp"
#include "raw_client.hpp"
#include "running_hub.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>

namespace longwire::dialects {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view secret = "a secret of at least thirty-two bytes";

struct Expiry : RunningHub<BrokenBroker> {
    Expiry() {
        broker.kept_channel = "late";
        RulesGate::Policy policy = open_policy();
        policy.users_name_themselves = false;
        policy.rules.front().subscribe = access::Who::user;
        policy.keys.add(*access::SigningKey::secret(std::string(secret)));
        policy.demands.leeway = 10s;
        gate.replace(std::move(policy));
    }

    /// One whose "exp" is so many seconds away.
    static std::string token(std::chrono::seconds exp) {
        const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        return *access::sign_token(
            R"({"sub":"ann","exp":)" + std::to_string((now + exp).time_since_epoch().count()) + "}",
            *access::SigningKey::secret(std::string(secret)));
    }
    /// Waits for an end that has to come when the token's leeway is over: not before, and soon.
    template <class Wait>
    static void expect_end_of_leeway(std::chrono::seconds exp, Wait&& wait) {
        const auto end = std::chrono::system_clock::now() + exp + 10s;
        wait();
        EXPECT_GT(std::chrono::system_clock::now(), end - 1100ms);
        EXPECT_LT(std::chrono::system_clock::now(), end + 20s);
    }

    raw::Raw raw{running.server, hub_loops, gate};
    socketio::Channels socketio{running.server, hub_loops, gate, {}, {}};
    pusher::Pusher pusher{running.server,
                          hub_loops,
                          gate,
                          {pusher_app()},
                          [](pusher::Webhooks::Call, pusher::Webhooks::Sent) {},
                          {},
                          {}};
};

TEST_F(Expiry, AnEventSourceInsideTheLeewayStaysUntilItIsOver) {
    RawClient stream(running.port);
    expect_end_of_leeway(-7s, [&] {
        stream.send("GET /channels/a?token=" + token(-7s) +
                    " HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n");
        const std::string came = stream.read_until("\r\n0\r\n\r\n");
        EXPECT_TRUE(came.starts_with("HTTP/1.1 200")) << came;
        EXPECT_NE(came.find("joined"), std::string::npos);
        EXPECT_NE(came.find("Your token has expired."), std::string::npos);
    });
}

// (Who joins this channel waits for the broker.)
TEST_F(Expiry, WhoHasNotJoinedByTheEndIsRefused) {
    RawClient stream(running.port);
    expect_end_of_leeway(-7s, [&] {
        stream.send("GET /channels/late?token=" + token(-7s) +
                    " HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n");
        EXPECT_TRUE(stream.read_until("expired.").starts_with("HTTP/1.1 401"));
    });
    broker.answer_all();
    while (hub.counts().members > 0 || hub.counts().channels > 0) hub.tick();
}

TEST_F(Expiry, ALongPollEndsWithItsToken) {
    RawClient poll(running.port);
    expect_end_of_leeway(-7s, [&] {
        poll.send("GET /channels/a?wait=60&token=" + token(-7s) + " HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_NE(poll.read_until("\"messages\":[]").find("200 OK"), std::string::npos);
    });
}

TEST_F(Expiry, ASocketOnAChannelIsClosed) {
    RawClient socket(running.port);
    expect_end_of_leeway(-7s, [&] {
        EXPECT_TRUE(socket.upgrade("/channels/a?token=" + token(-7s)).starts_with("HTTP/1.1 101"));
        const std::string close = socket.read(4);
        EXPECT_EQ(close.substr(2), "\x0b\xb8");  // 3000
    });
}

TEST_F(Expiry, AClientOfSocketIoIsClosed) {
    LineClient client(running.port, "/socket.io/");
    client.next();
    expect_end_of_leeway(-7s, [&] {
        client.send("40/a,{\"token\":\"" + token(-7s) + "\"}");
        EXPECT_TRUE(client.message().starts_with("40/a,{\"sid\":"));
        while (client.message() != "close") continue;
    });
}

TEST_F(Expiry, AClientOfPusherIsClosed) {
    RawClient client(running.port);
    expect_end_of_leeway(-7s, [&] {
        EXPECT_TRUE(
            client.upgrade("/app/k?protocol=7&token=" + token(-7s)).starts_with("HTTP/1.1 101"));
        client.read_until("}\"}");
        const std::string close = client.read(4);
        EXPECT_EQ(close.substr(2), "\x0f\xa9");  // 4009
    });
}

TEST_F(Expiry, WhoComesAfterTheLeewayIsRefused) {
    const std::string late = token(-11s);
    for (const std::string fields : {"", "Accept: text/event-stream\r\n"}) {
        RawClient client(running.port);
        client.send("GET /channels/a?wait=60&token=" + late + " HTTP/1.1\r\nHost: x\r\n" + fields +
                    "\r\n");
        EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 401"));
    }
    RawClient socket(running.port);
    EXPECT_TRUE(socket.upgrade("/channels/a?token=" + late).starts_with("HTTP/1.1 401"));
    LineClient events(running.port, "/socket.io/");
    events.next();
    events.send("40/a,{\"token\":\"" + late + "\"}");
    EXPECT_TRUE(events.message().starts_with("44/a,"));
    RawClient pusher_client(running.port);
    pusher_client.upgrade("/app/k?protocol=7&token=" + late);
    EXPECT_EQ(pusher_client.read(4).substr(2), "\x0f\xa9");
}

TEST_F(Expiry, AUsualNeverIsFarAway) {
    RawClient socket(running.port);
    const std::string never = *access::sign_token(R"({"sub":"ann","exp":9999999999})",
                                                  *access::SigningKey::secret(std::string(secret)));
    socket.upgrade("/channels/a?echo=1&token=" + never);
    for (int count = 0; count < 20; ++count) {
        socket.send(client_frame(text, "still here"));
        EXPECT_EQ(socket.read(12), "\x81\x0astill here");
    }
}

}  // namespace
}  // namespace longwire::dialects
