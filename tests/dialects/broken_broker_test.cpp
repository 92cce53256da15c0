// What clients see of a broker that fails, or takes its time, and that nothing is left behind.
#include "broken_broker.hpp"
#include "dialects/raw/raw.hpp"
#include "raw_client.hpp"
#include "running_hub.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace longwire::dialects {
namespace {

struct BrokenBrokers : RunningHub<BrokenBroker> {
    std::string ask(const std::string& head, const std::string& until = "\r\n\r\n") {
        RawClient client(running.port);
        client.send(head + "\r\nHost: x\r\n\r\n");
        return client.read_until(until);
    }
    void await_nobody() {
        while (hub.counts().channels > 0 || hub.counts().members > 0) {
            hub.tick();
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
    }

    raw::Raw raw{running.server, hub_loops, gate};
};

TEST_F(BrokenBrokers, EveryTransportIsToldThatItFails) {
    broker.fails = true;
    RawClient socket(running.port);
    EXPECT_TRUE(socket.upgrade("/channels/a?user=ann").starts_with("HTTP/1.1 101"));
    EXPECT_EQ(socket.read(30), "\x88\x1c\x03\xf5the broker does not answer");  // 1013
    for (const std::string path :
         {"/channels/a?history=1", "/channels/a?wait=5", "/channels/a/presence"})
        EXPECT_TRUE(ask("GET " + path + " HTTP/1.1").starts_with("HTTP/1.1 503")) << path;
    EXPECT_TRUE(
        ask("GET /channels/a HTTP/1.1\r\nAccept: text/event-stream").starts_with("HTTP/1.1 503"));
    EXPECT_NE(ask("POST /channels/a HTTP/1.1\r\nContent-Length: 0", "answer\n")
                  .find("the broker does not answer"),
              std::string::npos);
    socket.close();
    await_nobody();
    broker.fails = false;
    RawClient again(running.port);
    again.upgrade("/channels/a?echo=1");
    again.send(client_frame(text, "works"));
    EXPECT_EQ(again.read(7), "\x81\x05works");
}

TEST_F(BrokenBrokers, WhoeverPublishesIsToldThatItIsLost) {
    RawClient json(running.port);
    json.upgrade("/channels/a?format=json");
    json.read_until("}}");
    RawClient plain(running.port);
    plain.upgrade("/channels/b");
    broker.fails = true;
    json.send(client_frame(text, "lost"));
    EXPECT_NE(json.read_until("}").find(
                  R"({"error":"Your message was not published: the broker does not answer."})"),
              std::string::npos);
    plain.send(client_frame(text, "lost"));
    EXPECT_EQ(plain.read(30), "\x88\x1c\x03\xf5the broker does not answer");
}

TEST_F(BrokenBrokers, WhoeverGoesBeforeItAnswersLeavesNothingBehind) {
    broker.keeps = true;
    {
        RawClient socket(running.port);
        socket.upgrade("/channels/a?user=ann");
        RawClient stream(running.port);
        stream.send(
            "GET /channels/a?user=bob HTTP/1.1\r\nHost: x\r\nAccept: "
            "text/event-stream\r\n\r\n");
        RawClient poll(running.port);
        poll.send("GET /channels/a?wait=60&user=cem HTTP/1.1\r\nHost: x\r\n\r\n");
        while (broker.kept() < 3) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    while (running.server.counts().connections > 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    broker.keeps = false;
    broker.answer_all();
    await_nobody();
    hub.presence("a", [](const Result<std::vector<hub::Presence>>& present) {
        EXPECT_TRUE(present->empty());
    });
    // (The hub tells its broker after it has counted.)
    while (broker.channels() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST_F(BrokenBrokers, WhoHasNotJoinedIsToldThatTheServerLeaves) {
    broker.keeps = true;
    RawClient stream(running.port);
    stream.send("GET /channels/a HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n");
    while (broker.kept() < 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    running.server.drain(std::chrono::milliseconds(0));
    const std::string answer = stream.read_until("Try again.");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 503")) << answer;
    EXPECT_NE(answer.find("Retry-After: 1"), std::string::npos);
    broker.answer_all();
}

TEST_F(BrokenBrokers, WhatItTellsLateIsStillInOrder) {
    broker.keeps = true;
    RawClient socket(running.port);
    socket.upgrade("/channels/a?since=0-0&format=json");
    while (broker.kept() < 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    // Published while the broker has not answered yet who joins.
    for (const auto* word : {"one", "two"})
        hub.publish({.channel = "a",
                     .content = {.message = Message::text(word)},
                     .history = {.count = 10, .age = std::chrono::minutes(1)}});
    broker.answer_all();
    const std::string came = socket.read_until(R"("two"})");
    EXPECT_LT(came.find("joined"), came.find("one"));
    EXPECT_LT(came.find("one"), came.find("two"));
}

}  // namespace
}  // namespace longwire::dialects
