// Clients that go while somebody is asked about them.
#include "late_gate.hpp"
#include "dialects/pusher/pusher.hpp"
#include "dialects/raw/raw.hpp"
#include "dialects/socketio/channels.hpp"
#include "line_client.hpp"
#include "pusher_app.hpp"
#include "raw_client.hpp"
#include "running_hub.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <thread>

namespace longwire::dialects {
namespace {

struct LateGates : RunningHub<> {
    /// Nobody is on a channel, and nobody is counted who is not there.
    void expect_nobody() {
        while (hub.counts().members > 0 || hub.counts().channels > 0) {
            hub.tick();
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        hub.presence("a", [](const Result<std::vector<hub::Presence>>& present) {
            EXPECT_TRUE(present->empty());
        });
        for (const DialectTally& tally : hub_loops.tallies())
            EXPECT_EQ(tally.sum(DialectTally::opened), tally.sum(DialectTally::closed))
                << tally.name();
    }
    void await_asked(std::size_t count) {
        while (late.asked() < count) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    void await_no_connection() const {
        while (running.server.counts().connections > 0)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }

    LateGate late{gate};
    raw::Raw raw{running.server, hub_loops, late};
    socketio::Channels socketio{running.server, hub_loops, late, {}, {}};
    pusher::Pusher pusher{running.server,
                          hub_loops,
                          late,
                          {pusher_app()},
                          [](pusher::Webhooks::Call, pusher::Webhooks::Sent) {},
                          {},
                          {}};
};

/// A poll that was let in after its client had ended its side, and has the head of its answer.
struct HalfClosedPoll : RawClient {
    explicit HalfClosedPoll(LateGates& gates) : RawClient(gates.running.port) {
        send("GET /channels/a?user=bob&wait=60 HTTP/1.1\r\nHost: x\r\n\r\n");
        shut();
        gates.await_asked(1);
        gates.late.answer_all();
        EXPECT_NE(read_until("\r\n\r\n").find("200 OK"), std::string::npos);
    }
};

TEST_F(LateGates, WhoHasGoneBeforeTheAnswerIsNotLetIn) {
    {
        RawClient stream(running.port);
        stream.send(
            "GET /channels/a?user=ann HTTP/1.1\r\nHost: x\r\nAccept: "
            "text/event-stream\r\n\r\n");
        RawClient poll(running.port);
        poll.send("GET /channels/a?user=bob&wait=60 HTTP/1.1\r\nHost: x\r\n\r\n");
        RawClient socket(running.port);
        socket.send(
            "GET /channels/a?user=cem HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: "
            "Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n");
        LineClient events(running.port, "/socket.io/");
        events.next();
        events.send("40/a,");
        await_asked(4);
    }
    // (The poll may have ended its side only, and is there until it is answered.)
    while (running.server.counts().connections > 1)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    late.answer_all();
    await_no_connection();
    await_turns();
    expect_nobody();
}

TEST_F(LateGates, WhoHasEndedTheirSideIsAnsweredAllTheSame) {
    HalfClosedPoll poll(*this);
    RawClient post(running.port);
    post.send("POST /channels/a?user=ann HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    post.shut();
    await_asked(1);
    late.answer_all();
    EXPECT_NE(post.read_all().find("{\"position\":"), std::string::npos);
    EXPECT_NE(poll.read_all().find("\"hi\""), std::string::npos);
}

TEST_F(LateGates, WhoEndsTheirSideAndGoesLaterIsNoticedWellBeforeTheirWaitIsOver) {
    {
        const HalfClosedPoll gone(*this);
    }
    const auto begun = std::chrono::steady_clock::now();
    await_no_connection();
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(50));
    expect_nobody();
}

TEST_F(LateGates, WhoStaysIsLetInWhenItComes) {
    RawClient stream(running.port);
    stream.send(
        "GET /channels/a?user=ann HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n");
    await_asked(1);
    late.answer_all();
    EXPECT_NE(stream.read_until("joined").find("200 OK"), std::string::npos);
    EXPECT_EQ(hub.counts().members, 1U);
}

TEST_F(LateGates, ALongReasonToCloseIsCutAtACharacter) {
    RawClient socket(running.port);
    socket.send(upgrade_of("/channels/a"));
    await_asked(1);
    late.answer_all();
    EXPECT_TRUE(socket.read_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
    socket.send(client_frame(text, "hello"));
    await_asked(1);
    const std::string reason(122, 'x');
    late.answer_all(Verdict{.status = 403, .reason = reason + "\xC3\xA9 and more"});
    EXPECT_EQ(socket.read(126), server_frame(close_opcode, close_payload(3003, reason)));
}

// ---- their order --------------------------------------------------------------------------------

/// A client of Socket.IO on the channel a, which hears itself.
struct OnA : LineClient {
    explicit OnA(LateGates& gates) : LineClient(gates.running.port, "/socket.io/") {
        next();
        send("40/a,{\"echo\":\"1\"}");
        gates.await_asked(1);
        gates.late.answer_all();
        EXPECT_TRUE(message().starts_with("40/a,{\"sid\":"));
        // (It is asked whether it may see who is there.)
        gates.await_asked(1);
        gates.late.answer_all({{.status = 403, .reason = "No."}});
    }
};

TEST_F(LateGates, WhatAClientOfSocketIoPublishesOnAChannelStaysInItsOrder) {
    OnA client(*this);
    client.send("42/a,[\"message\",\"one\"]");
    client.send("42/a,[\"message\",\"two\"]");
    await_asked(1);
    // (All that was sent before this has been read.)
    client.send("42/a,7[\"presence\"]");
    EXPECT_TRUE(client.message().starts_with("43/a,7[{\"error\":"));
    EXPECT_EQ(late.asked(), 1U);
    late.answer_all();
    EXPECT_EQ(client.message(), "42/a,[\"message\",\"one\"]");
    await_asked(1);
    late.answer_all();
    EXPECT_EQ(client.message(), "42/a,[\"message\",\"two\"]");
}

TEST_F(LateGates, NoMoreIsKeptOfWhatAClientOfSocketIoPublishesThanSoMuch) {
    OnA client(*this);
    for (int count = 0; count < 66; ++count) client.send("42/a,1[\"message\",\"x\"]");
    EXPECT_NE(client.message().find("\"status\":429"), std::string::npos);
    await_asked(1);
    EXPECT_EQ(late.asked(), 1U);
}

// ---- asked again --------------------------------------------------------------------------------

TEST_F(LateGates, AClientOfPusherIsAskedAboutAgainAndGoesOnOrLeavesTheChannel) {
    RawClient client(running.port);
    client.upgrade("/app/k?protocol=7");
    client.read_until("connection_established");
    client.send(client_frame(text, R"({"event":"pusher:subscribe","data":{"channel":"a"}})"));
    const Verdict for_now = {
        .reason = {},
        .expires = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())};
    await_asked(1);
    late.answer_all(for_now);
    client.read_until("subscription_succeeded");
    await_asked(1);
    late.answer_all(for_now);
    await_asked(1);
    EXPECT_EQ(hub.counts().members, 1U);
    late.answer_all({{.status = 403, .reason = "Not any more."}});
    EXPECT_NE(client.read_until("Not any more.").find("subscription_error"), std::string::npos);
    while (hub.counts().members > 0) hub.tick();
}

}  // namespace
}  // namespace longwire::dialects
