// The hub as a program of somebody else has it: through the public interface, with clients that
// write every byte.
#include "raw_client.hpp"
#include "running_server.hpp"
#include "told.hpp"

#include <longwire/longwire.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace longwire {
namespace {

HubOptions open_to_all() {
    return {
        .rules = {{.pattern = "kept*", .history_count = 10, .presence = true},
                  {.pattern = "last", .history_count = 1, .last_message = true},
                  {.pattern = "plain*"}},
        .authenticate = [](const Request& request) -> Result<ChannelUser> {
            const auto user = request.query("user");
            if (user == "mallory") return failure(ErrorCode::invalid_argument, "Not you.");
            if (user == "broken") throw std::runtime_error("no database");
            return ChannelUser{.name = user.value_or(""),
                               .info = request.query("info").value_or("")};
        },
        .authorize = [](AuthorizationRequest question) { question.allow(); },
        .presence_grace = std::chrono::milliseconds(0),
    };
}

struct PublicHub : testing::Test {
    PublicHub() {
        set_log_sink([this](LogLevel, std::string_view line) { logged.add(std::string(line)); });
    }
    ~PublicHub() override {
        running.stop();
        hub.reset();
        set_log_sink({});
    }
    void start(HubOptions options = open_to_all()) {
        hub.emplace(running.server, std::move(options));
        running.start();
    }
    /// The head of the answer, or all of it where the connection stays.
    std::string ask(const std::string& request, const std::string& until) {
        RawClient client(running.port);
        client.send(request);
        return client.read_until(until);
    }
    std::string get(const std::string& path) {
        return ask("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n\r\n");
    }
    std::string post(const std::string& path) {
        return ask("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi",
                   "\r\n\r\n");
    }
    Result<std::string> publish(std::string_view channel, std::string_view text,
                                std::string_view key = {}) {
        std::promise<Result<std::string>> done;
        hub->publish(channel, text,
                     {.idempotency_key = key, .on_published = [&](Result<std::string> position) {
                          done.set_value(std::move(position));
                      }});
        return done.get_future().get();
    }
    Result<ChannelHistory> history(std::string_view channel, const HistoryQuery& wish) {
        std::promise<Result<ChannelHistory>> done;
        hub->history(channel, wish,
                     [&](Result<ChannelHistory> all) { done.set_value(std::move(all)); });
        return done.get_future().get();
    }
    std::vector<ChannelUser> presence(std::string_view channel) {
        std::promise<Result<std::vector<ChannelUser>>> done;
        hub->presence(
            channel, [&](Result<std::vector<ChannelUser>> all) { done.set_value(std::move(all)); });
        return done.get_future().get().value();
    }

    Told logged;
    RunningServer running{{.threads = 3}};
    std::optional<Hub> hub;
};

TEST_F(PublicHub, WhatAClientSendsReachesTheProgramAndTheOtherWayRound) {
    start();
    Told told;
    const auto subscription = hub->subscribe("plain", told.handlers());
    EXPECT_EQ(told.next(), "begun");
    RawClient client(running.port);
    client.upgrade("/channels/plain");
    client.send(client_frame(text, "hello"));
    EXPECT_EQ(told.next(), "plain: hello");
    hub->publish("plain", "good day");
    EXPECT_EQ(client.read(10), "\x81\x08good day");
    EXPECT_EQ(told.next(), "plain: good day");
    EXPECT_EQ(hub->counts().channels, 1U);
    EXPECT_EQ(hub->counts().subscriptions, 2U);
    EXPECT_EQ(hub->counts().publications, 2U);
    const auto listed = hub->channels("pl");
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed.front().name, "plain");
    EXPECT_EQ(listed.front().members, 2U);
}

TEST_F(PublicHub, AMessageMayBeANamedValue) {
    start();
    std::promise<std::string> heard;
    const auto subscription =
        hub->subscribe("plain", {.on_message = [&](const ChannelMessage& said) {
                           heard.set_value(said.event() + (said.is_json() ? " json " : " text ") +
                                           std::string(said.message().text()) + said.user());
                       }});
    RawClient client(running.port);
    client.upgrade("/channels/plain?format=json");
    client.read_until("}}");
    hub->publish("plain", R"({"eur":1.07})", {.event = "price", .json = true});
    EXPECT_EQ(heard.get_future().get(), R"(price json {"eur":1.07})");
    EXPECT_NE(client.read_until("}}").find(R"("event":"price","json":{"eur":1.07}})"),
              std::string::npos);
}

TEST_F(PublicHub, ASubscriptionBeginsWithTheHistoryThatWasWishedFor) {
    start();
    const auto first = publish("kept", "one");
    EXPECT_TRUE(publish("kept", "two"));
    EXPECT_TRUE(publish("kept", "three"));
    Told told;
    const auto latest = hub->subscribe("kept", told.handlers(), {.last = 1});
    EXPECT_EQ(told.next(), "begun");
    EXPECT_EQ(told.next(), "kept: three");
    Told again;
    const auto since = hub->subscribe("kept", again.handlers(), {.since = *first});
    EXPECT_EQ(again.next(), "begun");
    EXPECT_EQ(again.next(), "kept: two");
    EXPECT_EQ(again.next(), "kept: three");
    Told late;
    const auto gone = hub->subscribe("kept", late.handlers(), {.since = "1-1"});
    EXPECT_EQ(late.next(), "not recovered");
    const auto all = history("kept", {.last = 2});
    ASSERT_TRUE(all.has_value());
    ASSERT_EQ(all->messages.size(), 2U);
    EXPECT_EQ(all->messages.front().message().text(), "two");
    EXPECT_EQ(all->messages.back().position(), all->position);
    EXPECT_GT(hub->counts().history_bytes, 0U);
}

TEST_F(PublicHub, ANewSubscriberGetsTheLastMessageWhereTheRuleSaysSo) {
    start();
    hub->publish("last", "one");
    hub->publish("last", "two");
    Told told;
    const auto subscription = hub->subscribe("last", told.handlers());
    EXPECT_EQ(told.next(), "begun");
    EXPECT_EQ(told.next(), "last: two");
    RawClient client(running.port);
    client.upgrade("/channels/last");
    EXPECT_EQ(client.read(5), "\x81\x03two");
}

TEST_F(PublicHub, WhoeverLeavesIsToldNothingMore) {
    start();
    Told told;
    Told other;
    auto subscription = hub->subscribe("plain", told.handlers());
    const auto stays = hub->subscribe("plain", other.handlers());
    EXPECT_EQ(told.next(), "begun");
    EXPECT_EQ(other.next(), "begun");
    subscription.leave();
    subscription.leave();
    hub->publish("plain", "one");
    EXPECT_EQ(other.next(), "plain: one");
    {
        const auto short_one = hub->subscribe("plain", {});
    }
    while (hub->counts().subscriptions != 1) std::this_thread::yield();
    subscription = hub->subscribe("plain", told.handlers(), {});
    EXPECT_EQ(told.next(), "begun");
}

TEST_F(PublicHub, ASubscriptionMayOutliveItsHub) {
    start();
    Told told;
    auto subscription = hub->subscribe("plain", told.handlers());
    EXPECT_EQ(told.next(), "begun");
    running.stop();
    hub.reset();
    subscription.leave();
}

TEST_F(PublicHub, AHandlerMayComeGoAndPublish) {
    start();
    Told told;
    Subscription inner;
    Subscription outer;
    SubscriptionHandlers handlers = told.handlers();
    handlers.on_message = [&](const ChannelMessage& said) {
        told.add(std::string(said.message().text()));
        if (said.message().text() != "go") return;
        inner = hub->subscribe("plain2", told.handlers());
        outer.leave();
        hub->publish("plain2", "from within");
        hub->publish("plain", "not heard");
    };
    outer = hub->subscribe("plain", std::move(handlers));
    EXPECT_EQ(told.next(), "begun");
    hub->publish("plain", "go");
    EXPECT_EQ(told.next(), "go");
    EXPECT_EQ(told.next(), "begun");
    EXPECT_EQ(told.next(), "plain2: from within");
    while (hub->counts().channels != 1) std::this_thread::yield();
    // (The handlers run where `inner` is set.)
    std::promise<void> done;
    running.server.post([&] {
        inner.leave();
        done.set_value();
    });
    done.get_future().get();
}

TEST_F(PublicHub, AHandlerThatThrowsIsToldToTheLog) {
    start();
    Told told;
    SubscriptionHandlers handlers = told.handlers();
    handlers.on_message = [](const ChannelMessage&) { throw std::runtime_error("oh dear"); };
    const auto bad = hub->subscribe("plain", std::move(handlers));
    EXPECT_EQ(told.next(), "begun");
    const auto good = hub->subscribe("plain", told.handlers());
    EXPECT_EQ(told.next(), "begun");
    hub->publish("plain", "one");
    EXPECT_EQ(told.next(), "plain: one");
    EXPECT_EQ(logged.next(), "a handler of a subscription to plain threw an exception: oh dear");
}

TEST_F(PublicHub, PublishesOnceWhatHasTheSameKeyFromAnyThread) {
    start();
    std::vector<std::thread> threads;
    std::mutex mutex;
    std::vector<std::string> positions;
    for (int thread = 0; thread < 3; ++thread)
        threads.emplace_back([&] {
            for (int number = 0; number < 50; ++number) {
                auto position = publish("kept", "m", std::to_string(number));
                const std::scoped_lock lock(mutex);
                positions.push_back(std::move(*position));
            }
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(positions.size(), 150U);
    EXPECT_TRUE(history("kept", {})->position.ends_with("-50"));
}

TEST_F(PublicHub, KnowsWhoIsThere) {
    start();
    Told told;
    const auto subscription =
        hub->subscribe("kept", told.handlers(), {}, {.name = "program", .info = "1"});
    EXPECT_EQ(told.next(), "begun");
    EXPECT_EQ(told.next(), "+program1");
    {
        RawClient client(running.port);
        client.upgrade("/channels/kept?user=ann&info={}");
        EXPECT_EQ(told.next(), "+ann{}");
        EXPECT_EQ(presence("kept").size(), 2U);
    }
    EXPECT_EQ(told.next(), "-ann{}");
    const auto left = presence("kept");
    ASSERT_EQ(left.size(), 1U);
    EXPECT_EQ(left.front().name, "program");
}

TEST_F(PublicHub, ErrorsAreValues) {
    start();
    for (const std::string_view name : {"", "a/b", "a\nb"})
        EXPECT_EQ(publish(name, "x").error().code(), ErrorCode::invalid_argument) << name;
    EXPECT_EQ(publish("kept", "x", std::string(201, 'k')).error().code(),
              ErrorCode::invalid_argument);
    std::string said;
    hub->publish("kept", "{",
                 {.json = true, .on_published = [&](const Result<std::string>& result) {
                      said = result.error().message();
                  }});
    EXPECT_EQ(said, "the message is not one value in JSON, as its options say");
    EXPECT_EQ(history("a/b", {}).error().code(), ErrorCode::invalid_argument);
    EXPECT_EQ(history("kept", {.since = "x"}).error().code(), ErrorCode::invalid_argument);
    Told told;
    const auto subscription = hub->subscribe("kept", told.handlers(), {.since = "x"});
    EXPECT_EQ(told.next(), "\"x\" is not a position; pass one that the hub returned");
}

TEST_F(PublicHub, TooManyChannelsAreAnErrorToo) {
    HubOptions options = open_to_all();
    options.max_channels = 1;
    start(std::move(options));
    Told told;
    const auto first = hub->subscribe("plain", told.handlers());
    EXPECT_EQ(told.next(), "begun");
    const auto second = hub->subscribe("plain2", told.handlers());
    EXPECT_EQ(told.next(), "too many channels are in use; try again later");
}

// ---- who may ------------------------------------------------------------------------------------

TEST_F(PublicHub, WithoutAWordClientsMaySubscribeOnly) {
    start({.rules = {{.pattern = "plain", .history_count = 1, .presence = true}}});
    EXPECT_TRUE(RawClient(running.port).upgrade("/channels/plain").starts_with("HTTP/1.1 101"));
    EXPECT_TRUE(post("/channels/plain").starts_with("HTTP/1.1 403"));
    EXPECT_TRUE(get("/channels/plain?history=1").starts_with("HTTP/1.1 403"));
    EXPECT_TRUE(get("/channels/plain/presence").starts_with("HTTP/1.1 403"));
    EXPECT_TRUE(RawClient(running.port).upgrade("/channels/other").starts_with("HTTP/1.1 403"));
}

TEST_F(PublicHub, TheProgramSaysWhoSomebodyIs) {
    start();
    EXPECT_TRUE(get("/channels/kept?history=1&user=mallory").starts_with("HTTP/1.1 401"));
    EXPECT_TRUE(get("/channels/kept?history=1&user=ann").starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(get("/channels/kept?history=1&user=broken").starts_with("HTTP/1.1 500"));
    EXPECT_EQ(logged.next(), "authenticate of a Hub threw an exception: no database");
    // It would go out to others as a part of JSON.
    EXPECT_TRUE(get("/channels/kept?history=1&user=ann&info=}").starts_with("HTTP/1.1 500"));
}

TEST_F(PublicHub, TheProgramSaysWhoMay) {
    HubOptions options = open_to_all();
    options.authorize = [](AuthorizationRequest question) {
        if (question.action() != ChannelAction::publish) return question.allow();
        if (question.user().name == "ann") return question.allow();
        if (question.user().name == "throws") throw std::runtime_error("no database");
        if (question.user().name == "silent") return;
        question.refuse(429, "Slowly, " + question.user().name + " of " +
                                 std::string(question.address()) + ", on " +
                                 std::string(question.channel()) + ".");
    };
    start(std::move(options));
    EXPECT_TRUE(post("/channels/plain?user=ann").starts_with("HTTP/1.1 200"));
    EXPECT_TRUE(post("/channels/plain?user=silent").starts_with("HTTP/1.1 503"));
    EXPECT_TRUE(post("/channels/plain?user=throws").starts_with("HTTP/1.1 500"));
    EXPECT_NE(ask("POST /channels/plain?user=bob HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
                  "plain.\n")
                  .find("Slowly, bob of 127.0.0.1, on plain."),
              std::string::npos);
}

TEST_F(PublicHub, WhoMayNotReadTheHistoryGetsItByNoTransport) {
    HubOptions options = open_to_all();
    options.authorize = [](AuthorizationRequest question) {
        if (question.action() == ChannelAction::history)
            question.refuse(403, "Not what was before.");
        else
            question.allow();
    };
    start(std::move(options));
    const std::string first = publish("kept", "secret").value();
    EXPECT_TRUE(publish("kept", "another"));
    for (const std::string& query : {std::string("history=2"), "since=" + first}) {
        const std::string path = "/channels/kept?" + query;
        EXPECT_TRUE(get(path).starts_with("HTTP/1.1 403")) << path;
        EXPECT_TRUE(get(path + "&wait=5").starts_with("HTTP/1.1 403")) << path;
        EXPECT_TRUE(RawClient(running.port).upgrade(path).starts_with("HTTP/1.1 403")) << path;
        EXPECT_TRUE(ask("GET " + path + " HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n",
                        "\r\n\r\n")
                        .starts_with("HTTP/1.1 403"))
            << path;
    }
    // A browser names its last event unasked; refused, it would never come back.
    RawClient stream(running.port);
    stream.send(
        "GET /channels/kept HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n"
        "Last-Event-ID: " +
        first + "\r\n\r\n");
    std::string came = stream.read_until("}}");
    EXPECT_NE(came.find(R"("recovered":false)"), std::string::npos);
    hub->publish("kept", "new");
    came += stream.read_until("data: new");
    EXPECT_EQ(came.find("another"), std::string::npos);
}

TEST_F(PublicHub, AWebSocketWaitsForEachThingThatIsAsked) {
    std::mutex mutex;
    std::condition_variable_any asked;
    std::deque<AuthorizationRequest> questions;
    std::vector<ChannelAction> actions;
    std::atomic<bool> shows_history = false;
    HubOptions options = open_to_all();
    options.authorize = [&](AuthorizationRequest question) {
        const std::scoped_lock lock(mutex);
        questions.push_back(std::move(question));
        asked.notify_all();
    };
    std::jthread program([&](const std::stop_token& end) {
        std::unique_lock lock(mutex);
        while (asked.wait(lock, end, [&] { return !questions.empty(); })) {
            AuthorizationRequest question = std::move(questions.front());
            questions.pop_front();
            // (The same may be asked twice, if it is answered as early as this.)
            if (actions.empty() || actions.back() != question.action())
                actions.push_back(question.action());
            lock.unlock();
            if (question.action() == ChannelAction::subscribe || shows_history)
                question.allow();
            else
                question.refuse(403, "No.");
            lock.lock();
        }
    });
    start(std::move(options));
    EXPECT_TRUE(publish("kept", "secret"));
    const std::string request =
        "GET /channels/kept?history=1 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n";
    RawClient client(running.port);
    client.send(request);
    EXPECT_TRUE(client.read_until("No.").starts_with("HTTP/1.1 403"));
    shows_history = true;
    RawClient other(running.port);
    other.send(request);
    EXPECT_TRUE(other.read_until("\r\n\r\n").starts_with("HTTP/1.1 101"));
    EXPECT_EQ(other.read(8), "\x81\x06secret");
    program.request_stop();
    program.join();
    using enum ChannelAction;
    EXPECT_EQ(actions, (std::vector{subscribe, history, subscribe, history}));
}

TEST_F(PublicHub, TheProgramMayTakeItsTimeToSay) {
    std::mutex mutex;
    std::condition_variable asked;
    std::deque<AuthorizationRequest> questions;
    std::atomic<int> count = 0;
    HubOptions options = open_to_all();
    options.authorize = [&](AuthorizationRequest question) {
        ++count;
        const std::scoped_lock lock(mutex);
        questions.push_back(std::move(question));
        asked.notify_all();
    };
    start(std::move(options));
    const auto answer = [&](const std::function<void(AuthorizationRequest)>& say) {
        std::unique_lock lock(mutex);
        asked.wait(lock, [&] { return !questions.empty(); });
        AuthorizationRequest question = std::move(questions.front());
        questions.pop_front();
        lock.unlock();
        say(std::move(question));
    };
    RawClient client(running.port);
    client.send("POST /channels/plain HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    answer([](AuthorizationRequest question) { question.allow(); });
    EXPECT_TRUE(client.read_until("}").starts_with("HTTP/1.1 200"));
    RawClient other(running.port);
    other.send("POST /channels/plain HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    answer([](AuthorizationRequest question) { question.refuse(403, "No."); });
    EXPECT_TRUE(other.read_until("No.").starts_with("HTTP/1.1 403"));
    RawClient third(running.port);
    third.send("POST /channels/plain HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    answer([](const AuthorizationRequest& /*goes without an answer*/) {});
    EXPECT_TRUE(third.read_until("\r\n\r\n").starts_with("HTTP/1.1 503"));
    // Each was asked about once.
    EXPECT_EQ(count, 3);
}

TEST(HubOfAProgram, RefusesWhatIsPublishedFasterThanLoopsTakeIt) {
    constexpr std::size_t most = std::size_t{4} << 20;
    RunningServer running({.threads = 1, .max_memory = most});
    std::promise<void> busy;
    std::promise<void> release;
    running.server.http("GET", "/busy", [&](const Request&) {
        busy.set_value();
        release.get_future().wait();
        return Response::text(200, "");
    });
    Hub hub(running.server, open_to_all());
    running.start();
    RawClient reader(running.port);
    reader.upgrade("/channels/plain");
    RawClient asker(running.port);
    asker.send("GET /busy HTTP/1.1\r\nHost: x\r\n\r\n");
    busy.get_future().wait();
    const auto publish = [&](std::string_view text) {
        std::promise<Result<std::string>> done;
        hub.publish("plain", text, {.on_published = [&](Result<std::string> position) {
                        done.set_value(std::move(position));
                    }});
        return done.get_future().get();
    };
    const std::string text(1000, 'x');
    std::size_t taken = 0;
    auto published = publish(text);
    for (; published && taken < 100'000; published = publish(text)) ++taken;
    ASSERT_FALSE(published);
    EXPECT_NE(published.error().message().find("publish it again later"), std::string::npos);
    EXPECT_LE(taken * text.size(), most / 2);
    EXPECT_GE(taken * text.size(), most / 4);
    EXPECT_GE(running.server.counts().held, taken * text.size());
    release.set_value();
    const std::size_t frame = 4 + text.size();
    EXPECT_EQ(reader.read(taken * frame).size(), taken * frame);
    EXPECT_TRUE(publish("more"));
    EXPECT_EQ(reader.read(6), server_frame(longwire::text, "more"));
    running.stop();
}

}  // namespace
}  // namespace longwire
