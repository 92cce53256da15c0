// What clients of every way see of a broker that loses messages.
#include "dialects/program/hub_access.hpp"
#include "dialects/program/program_members.hpp"
#include "dialects/pusher/pusher.hpp"
#include "dialects/pusher/signature.hpp"
#include "dialects/raw/raw.hpp"
#include "dialects/socketio/channels.hpp"
#include "hub/memory_broker.hpp"
#include "pusher_app.hpp"
#include "raw_client.hpp"
#include "running_hub.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace longwire::dialects {
namespace {

/// One in memory whose news do not all arrive, and whose history may be gone.
class LosingBroker final : public hub::Broker, private hub::BrokerSink {
public:
    void start(hub::BrokerSink& sink) override {
        sink_ = &sink;
        memory_.start(*this);
    }
    void publish(const hub::PublishRequest& request, Answer<hub::Position> answer) override {
        memory_.publish(request, std::move(answer));
    }
    void attach(const std::string& channel, const hub::HistoryQuery& query,
                Answer<hub::History> answer) override {
        memory_.attach(channel, query, honest(query, std::move(answer)));
    }
    void detach(const std::string& channel) override { memory_.detach(channel); }
    void history(const std::string& channel, const hub::HistoryQuery& query,
                 Answer<hub::History> answer) override {
        memory_.history(channel, query, honest(query, std::move(answer)));
    }
    void members(const std::string& channel, Answer<std::size_t> answer) override {
        memory_.members(channel, std::move(answer));
    }
    void enter(const std::string& channel, const hub::Presence& who,
               hub::MemberId member) override {
        memory_.enter(channel, who, member);
    }
    void leave(const std::string& channel, const std::string& user) override {
        memory_.leave(channel, user);
    }
    void presence(const std::string& channel, Answer<std::vector<hub::Presence>> answer) override {
        memory_.presence(channel, std::move(answer));
    }
    [[nodiscard]] bool ready() const noexcept override { return true; }
    bool tick() override { return memory_.tick(); }

    std::atomic<bool> loses = false;
    std::atomic<bool> has_forgotten = false;

private:
    Answer<hub::History> honest(const hub::HistoryQuery& query, Answer<hub::History> answer) {
        if (!has_forgotten || !query.since) return answer;
        return [answer = std::move(answer)](const Result<hub::History>& history) mutable {
            hub::History nothing = {.publications = {}, .top = history->top, .recovered = false};
            answer(std::move(nothing));
        };
    }
    void on_publication(const hub::SharedPublication& publication) override {
        if (!loses) sink_->on_publication(publication);
    }
    void on_presence(const std::shared_ptr<const hub::PresenceChange>& change) override {
        sink_->on_presence(change);
    }

    hub::MemoryBroker memory_;
    hub::BrokerSink* sink_ = nullptr;
};

pusher::AppSettings recovering_app() {
    pusher::AppSettings app = pusher_app();
    app.recover = true;
    app.known_by = {pusher::KnownBy::address};
    return app;
}

struct LostMessages : RunningHub<LosingBroker> {
    void TearDown() override {
        members.reset();
        RunningHub::TearDown();
    }

    void publish(std::string_view words) {
        hub.publish({.channel = "a",
                     .content = {.message = Message::text(words)},
                     .history = {.count = 100, .age = std::chrono::minutes(1)}});
    }
    /// The first does not arrive.
    void lose_one_of_two() {
        broker.loses = true;
        publish("<one>");
        broker.loses = false;
        publish("<two>");
    }
    void await_members(std::size_t count) {
        while (hub.counts().members != count)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }

    [[nodiscard]] RawClient stream(const std::string& last = {}) const {
        RawClient client(running.port);
        client.send("GET /channels/a HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n" +
                    (last.empty() ? std::string() : "Last-Event-ID: " + last + "\r\n") + "\r\n");
        return client;
    }
    [[nodiscard]] RawClient pusher_client() const {
        RawClient client(running.port);
        client.upgrade("/app/k?protocol=7");
        client.read_until("connection_established");
        client.send(client_frame(text, R"({"event":"pusher:subscribe","data":{"channel":"a"}})"));
        return client;
    }
    [[nodiscard]] RawClient socketio_client(const std::string& auth) const {
        RawClient client(running.port);
        client.upgrade("/socket.io/?EIO=4&transport=websocket");
        client.read_until("maxPayload");
        client.send(client_frame(text, "40/a," + auth));
        client.read_until("40/a,");
        return client;
    }

    static std::string joined_position(const std::string& head) {
        const std::string_view mark = R"("position":")";
        const std::size_t at = head.find(mark) + mark.size();
        return head.substr(at, head.find('"', at) - at);
    }

    raw::Raw raw{running.server, hub_loops, gate};
    pusher::Pusher pusher{running.server,
                          hub_loops,
                          gate,
                          {recovering_app()},
                          [](pusher::Webhooks::Call, pusher::Webhooks::Sent) {},
                          {},
                          {}};
    socketio::Channels socketio{
        running.server, hub_loops, gate, {.recovery = std::chrono::minutes(1)}, {}};
    std::shared_ptr<ProgramMembers> members = [this] {
        auto made = std::make_shared<ProgramMembers>(hub_loops);
        hub_loops.add(*made);
        return made;
    }();
};

TEST_F(LostMessages, ArriveByEveryWayWhereTheHistoryHoldsThem) {
    RawClient socket(running.port);
    socket.upgrade("/channels/a");
    RawClient stream = this->stream();
    stream.read_until("recovered");
    RawClient poll(running.port);
    poll.send("GET /channels/a?wait=60 HTTP/1.1\r\nHost: x\r\n\r\n");
    RawClient pushed = pusher_client();
    pushed.read_until("subscription_succeeded");
    RawClient emitted = socketio_client("{}");
    await_members(5);
    lose_one_of_two();
    for (RawClient* const client : {&socket, &stream, &pushed, &emitted}) {
        EXPECT_NE(client->read_until("<one>").find("<one>"), std::string::npos);
        const std::string next = client->read_until("<two>");
        EXPECT_NE(next.find("<two>"), std::string::npos);
        EXPECT_EQ(next.find("<one>"), std::string::npos);
    }
    const std::string answer = poll.read_until("]}");
    EXPECT_NE(answer.find("<one>"), std::string::npos);
    EXPECT_EQ(answer.find("<two>"), std::string::npos);
    EXPECT_EQ(hub.counts().interruptions, 0U);
}

TEST_F(LostMessages, CutWhoeverCanComeBackForThem) {
    RawClient socket(running.port);
    socket.upgrade("/channels/a");
    RawClient stream = this->stream();
    const std::string position = joined_position(stream.read_until("recovered"));
    RawClient poll(running.port);
    poll.send("GET /channels/a?wait=60&since=" + position + " HTTP/1.1\r\nHost: x\r\n\r\n");
    RawClient pushed = pusher_client();
    pushed.read_until("subscription_succeeded");
    RawClient emitted = socketio_client("{}");
    const std::string greeting = emitted.read_until("}");
    const std::size_t key_at = greeting.find(R"("pid":")") + 7;
    const std::string key = greeting.substr(key_at, greeting.find('"', key_at) - key_at);
    await_members(5);

    broker.has_forgotten = true;
    lose_one_of_two();
    EXPECT_EQ(socket.read(2).front(), '\x88');
    EXPECT_EQ(socket.read(2), "\x03\xf4");  // 1012
    const std::string rest = stream.read_until("0\r\n\r\n");
    EXPECT_NE(rest.find("retry: 1000\n\n"), std::string::npos);
    EXPECT_EQ(rest.find("<two>"), std::string::npos);
    // It asks again from where it was.
    const std::string answer = poll.read_until("]}");
    EXPECT_NE(answer.find(R"({"position":")" + position + R"(","recovered":true,"messages":[]})"),
              std::string::npos);
    EXPECT_NE(pushed.read_until("missing.").find("\x10\x68Messages"), std::string::npos);  // 4200
    EXPECT_EQ(emitted.read_until("messages are missing").front(), '\x88');

    // Whoever comes back is told the truth: that it is gone,
    RawClient too_late = this->stream(position);
    EXPECT_NE(too_late.read_until("}}").find(R"("recovered":false)"), std::string::npos);
    // or, where it is there again, what it was.
    broker.has_forgotten = false;
    RawClient again = this->stream(position);
    EXPECT_NE(again.read_until("<one>").find(R"("recovered":true)"), std::string::npos);
    EXPECT_EQ(again.read_until("<two>").find("<one>"), std::string::npos);
    pushed.send(client_frame(close_opcode, close_payload(4200)));
    pushed.read_all();
    RawClient pushed_again = pusher_client();
    EXPECT_NE(pushed_again.read_until("<one>").find("subscription_succeeded"), std::string::npos);
    EXPECT_NE(pushed_again.read_until("<two>").find("<two>"), std::string::npos);
    emitted.close();
    RawClient emitted_again = socketio_client(R"({"pid":")" + key + "\"}");
    EXPECT_NE(emitted_again.read_until("<one>").find(key), std::string::npos);
    EXPECT_NE(emitted_again.read_until("<two>").find("<two>"), std::string::npos);
    EXPECT_EQ(hub.counts().interruptions, 1U);
}

TEST_F(LostMessages, AreToldToTheProgramItself) {
    std::vector<std::string> told;
    std::promise<void> all;
    std::promise<void> begun;
    const auto member =
        members->join("a", {}, std::nullopt,
                      {.on_message =
                           [&](const ChannelMessage& said) {
                               told.emplace_back(said.message().text());
                               if (told.back() == "<three>") all.set_value();
                           },
                       .on_begin =
                           [&](const Result<ChannelHistory>& begin) {
                               told.emplace_back(begin->recovered ? "begun" : "interrupted");
                               if (begin->recovered) begun.set_value();
                           },
                       .on_presence = {}});
    begun.get_future().wait();
    broker.has_forgotten = true;
    lose_one_of_two();
    while (hub.counts().interruptions == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    publish("<three>");
    all.get_future().wait();
    EXPECT_EQ(told, (std::vector<std::string>{"begun", "interrupted", "<two>", "<three>"}));
    members->leave(member);
    await_members(0);
}

}  // namespace
}  // namespace longwire::dialects
