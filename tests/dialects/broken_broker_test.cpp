// What clients see of a broker that fails, or takes its time, and that nothing is left behind.
#include "dialects/raw/raw.hpp"
#include "hub/memory_broker.hpp"
#include "raw_client.hpp"
#include "running_hub.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace longwire::dialects {
namespace {

/// One in memory that can be told to fail, or to keep its answers until it is told.
class BrokenBroker final : public hub::Broker {
public:
    void start(hub::BrokerSink& sink) override { memory_.start(sink); }
    void publish(const hub::PublishRequest& request, Answer<hub::Position> answer) override {
        memory_.publish(request, spoiled(std::move(answer)));
    }
    void attach(const std::string& channel, const hub::HistoryQuery& query,
                Answer<hub::History> answer) override {
        // (What failed is not attached.)
        if (fails) return spoiled(std::move(answer))(hub::History());
        memory_.attach(channel, query, spoiled(std::move(answer)));
    }
    void detach(const std::string& channel) override { memory_.detach(channel); }
    void history(const std::string& channel, const hub::HistoryQuery& query,
                 Answer<hub::History> answer) override {
        memory_.history(channel, query, spoiled(std::move(answer)));
    }
    void members(const std::string& channel, Answer<std::size_t> answer) override {
        memory_.members(channel, spoiled(std::move(answer)));
    }
    void enter(const std::string& channel, const hub::Presence& who,
               hub::MemberId member) override {
        memory_.enter(channel, who, member);
    }
    void leave(const std::string& channel, const std::string& user) override {
        memory_.leave(channel, user);
    }
    void presence(const std::string& channel, Answer<std::vector<hub::Presence>> answer) override {
        memory_.presence(channel, spoiled(std::move(answer)));
    }
    [[nodiscard]] bool ready() const noexcept override { return !fails; }
    void tick() override { memory_.tick(); }

    [[nodiscard]] std::size_t channels() const { return memory_.held().channels; }
    [[nodiscard]] std::size_t kept() {
        const std::scoped_lock lock(mutex_);
        return kept_.size();
    }
    void answer_all() {
        std::vector<std::move_only_function<void()>> answers;
        {
            const std::scoped_lock lock(mutex_);
            answers.swap(kept_);
        }
        for (auto& answer : answers) answer();
    }

    std::atomic<bool> fails = false;
    std::atomic<bool> keeps = false;

private:
    template <class T>
    Answer<T> spoiled(Answer<T> answer) {
        if (!answer) return answer;
        return [this, answer = std::move(answer)](Result<T> result) mutable {
            if (fails) result = failure(ErrorCode::timed_out, "the broker does not answer");
            if (!keeps) return answer(std::move(result));
            const std::scoped_lock lock(mutex_);
            kept_.emplace_back([answer = std::move(answer), result = std::move(result)]() mutable {
                answer(std::move(result));
            });
        };
    }

    hub::MemoryBroker memory_;
    std::mutex mutex_;
    std::vector<std::move_only_function<void()>> kept_;
};

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
    EXPECT_EQ(broker.channels(), 0U);
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
