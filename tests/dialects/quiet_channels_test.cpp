// One user alone on a channel, on which little is said: what they are told when they come back.
#include "dialects/raw/raw.hpp"
#include "dialects/socketio/channels.hpp"
#include "line_client.hpp"
#include "raw_client.hpp"
#include "running_hub.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

namespace longwire::dialects {
namespace {

std::string value_of(std::string_view key, const std::string& json) {
    const std::string quoted = "\"" + std::string(key) + "\":\"";
    const std::size_t at = json.find(quoted) + quoted.size();
    return json.substr(at, json.find('"', at) - at);
}

struct QuietChannels : RunningHub<> {
    static SocketIoOptions options() { return {.recovery = std::chrono::seconds(30)}; }
    void await_members(std::size_t count) {
        while (hub.counts().members != count) {
            hub.tick();
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }
    void publish(const std::string& channel, std::string_view word) {
        hub.publish({.channel = channel,
                     .content = {.message = Message::text(word)},
                     .history = {.count = 10, .age = std::chrono::minutes(1)}});
    }
    std::string ask(const std::string& target, const std::string& fields = {}) {
        RawClient client(running.port);
        client.send("GET " + target + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n");
        const std::string head = client.read_until("\r\n\r\n");
        return head + client.read_until("}\n");
    }
    /// The first event of a stream, and all up to `until`.
    std::string stream(const std::string& target, const std::string& fields,
                       std::string_view until) {
        RawClient client(running.port);
        client.send("GET " + target + " HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n" +
                    fields + "\r\n");
        std::string came = client.read_until(until);
        client.close();
        await_members(0);
        return came;
    }

    raw::Raw raw{running.server, hub_loops, gate};
    socketio::Channels socketio{running.server, hub_loops, gate, options(), {}};
};

TEST_F(QuietChannels, ALongPollThatHasMissedNothingWaits) {
    const std::string begun = ask("/channels/a?history=5");
    EXPECT_NE(begun.find(R"("recovered":true)"), std::string::npos);
    const std::string position = value_of("position", begun);
    RawClient poll(running.port);
    poll.send("GET /channels/a?wait=60&since=" + position + " HTTP/1.1\r\nHost: x\r\n\r\n");
    await_members(1);
    publish("a", "hello");
    const std::string came = poll.read_until("}\n");
    EXPECT_NE(came.find(R"("recovered":true,"messages":[{)"), std::string::npos) << came;
}

// One that is answered at once with nothing asks again at once.
TEST_F(QuietChannels, ALongPollFromNowhereWaitsToo) {
    RawClient poll(running.port);
    poll.send("GET /channels/a?wait=60&since=1234-9 HTTP/1.1\r\nHost: x\r\n\r\n");
    await_members(1);
    publish("a", "hello");
    const std::string came = poll.read_until("}\n");
    EXPECT_NE(came.find(R"("recovered":false,"messages":[{)"), std::string::npos) << came;
}

TEST_F(QuietChannels, AnEventSourceAndAWebSocketHaveMissedNothing) {
    const std::string first = stream("/channels/a", {}, "}}\n\n");
    const std::string position = value_of("position", first);
    const std::string again =
        stream("/channels/a", "Last-Event-ID: " + position + "\r\n", "}}\n\n");
    EXPECT_NE(again.find(R"("recovered":true)"), std::string::npos) << again;
    RawClient socket(running.port);
    socket.upgrade("/channels/a?format=json&since=" + position);
    EXPECT_NE(socket.read_until("}}").find(R"("recovered":true)"), std::string::npos);
}

TEST_F(QuietChannels, WhatComesMeanwhileIsGiven) {
    const std::string position = value_of("position", stream("/channels/a", {}, "}}\n\n"));
    publish("a", "missed");
    const std::string again =
        stream("/channels/a", "Last-Event-ID: " + position + "\r\n", "data: missed\n");
    EXPECT_NE(again.find(R"("recovered":true)"), std::string::npos) << again;
}

TEST_F(QuietChannels, AnEventSourceThatNamesNoPositionHasNotRecovered) {
    publish("a", "one");
    for (const std::string last : {"0", "earliest", "ab-", "0-0"}) {
        const std::string came =
            stream("/channels/a", "Last-Event-ID: " + last + "\r\n", "data: one\n");
        EXPECT_NE(came.find(R"("recovered":false)"), std::string::npos) << last << came;
    }
    const std::string nothing = stream("/channels/a", "Last-Event-ID:\r\n", "}}\n\n");
    EXPECT_NE(nothing.find(R"("recovered":true)"), std::string::npos) << nothing;
}

// As event-source-polyfill names it, which cannot set the header in all browsers.
TEST_F(QuietChannels, AnEventSourceMayNameItsLastEventInTheQuery) {
    publish("a", "one");
    const std::string first = stream("/channels/a?history=1", {}, "data: one\n");
    const std::string position = first.substr(first.rfind("id: ") + 4);
    publish("a", "two");
    const std::string again =
        stream("/channels/a?history=1&lastEventId=" + position.substr(0, position.find('\n')), {},
               "data: two\n");
    EXPECT_NE(again.find(R"("recovered":true)"), std::string::npos) << again;
    EXPECT_EQ(again.find("data: one"), std::string::npos) << again;
}

TEST_F(QuietChannels, AClientOfSocketIoIsRecovered) {
    std::string key;
    {
        LineClient client(running.port, "/socket.io/");
        client.next();
        client.send("40/own,");
        key = value_of("pid", client.message());
        await_members(1);
        await_turns();
    }
    await_members(0);
    publish("own", "missed");
    LineClient again(running.port, "/socket.io/");
    again.next();
    again.send("40/own,{\"pid\":\"" + key + "\"}");
    EXPECT_EQ(value_of("pid", again.message()), key);
    EXPECT_TRUE(again.message().starts_with(R"(42/own,["message","missed")"));
}

}  // namespace
}  // namespace longwire::dialects
