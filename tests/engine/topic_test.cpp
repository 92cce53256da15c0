// Topics: who gets what, in which order, and in how many writes.
#include "engine/server_loops.hpp"
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace longwire {
namespace {

/// On how many loops; and whether each turn of a loop gives something to one subscriber only, as
/// where there are very many.
struct Way {
    std::size_t threads;
    bool in_steps;
};

/// A server whose clients say what is to be done: "+TOPIC", "-TOPIC", "TOPIC=TEXT" (publish),
/// "!TEXT" (send back), several in one message parted by spaces. Each message is answered with
/// "ok" and what each step gave, at its end.
class TopicTest : public ::testing::TestWithParam<Way> {
protected:
    explicit TopicTest(WebSocketOptions options = {}) {
        running.server.websocket("/", {.on_message = obey}, std::move(options));
    }
    void SetUp() override {
        if (GetParam().in_steps)
            engine::ServerLoops(running.server).set_pace(std::chrono::microseconds(0), 1);
        running.start();
    }

    static void obey(WebSocket& socket, Message message) {
        std::string answer = "ok";
        std::string text(message.text());
        text += ' ';
        for (std::size_t begin = 0; begin < text.size();) {
            const std::size_t end = text.find(' ', begin);
            const std::string step = text.substr(begin, end - begin);
            begin = end + 1;
            if (step[0] == '+')
                answer += socket.subscribe(step.substr(1)) ? " yes" : " no";
            else if (step[0] == '-')
                answer += socket.unsubscribe(step.substr(1)) ? " yes" : " no";
            else if (step[0] == '!')
                socket.send(step.substr(1));
            else
                socket.publish(step.substr(0, step.find('=')), step.substr(step.find('=') + 1));
        }
        socket.send(answer);
    }

    std::unique_ptr<RawClient> client(const std::string& steps = "") const {
        auto made = std::make_unique<RawClient>(running.port);
        made->upgrade("/");
        if (!steps.empty()) tell(*made, steps);
        return made;
    }
    /// Has the client do the steps; gives what it received meanwhile, the answer last.
    static std::string tell(RawClient& client, const std::string& steps) {
        client.send(client_frame(text, steps));
        std::string received;
        for (;;) {
            const std::string message = next(client);
            received += (received.empty() ? "" : " ") + message;
            if (message.starts_with("ok") || message.empty()) return received;
        }
    }
    static std::string next(RawClient& client) {
        const std::string head = client.read(2);
        if (head.size() < 2) return "";
        return client.read(static_cast<unsigned char>(head[1]));
    }
    static std::string next(RawClient& client, int count) {
        std::string all;
        for (int index = 0; index < count; ++index) all += (all.empty() ? "" : " ") + next(client);
        return all;
    }

    RunningServer running{{.threads = GetParam().threads}};
};

TEST_P(TopicTest, WhoIsSubscribedGetsWhatIsPublished) {
    const auto reader = client("+news +sport");
    const auto other = client("+sport");
    const auto publisher = client();
    EXPECT_EQ(tell(*publisher, "news=1 sport=2 weather=3 sport=4"), "ok");
    EXPECT_EQ(next(*reader, 3), "1 2 4");
    EXPECT_EQ(next(*other, 2), "2 4");
}

TEST_P(TopicTest, ThePublisherItselfGetsNothing) {
    const auto publisher = client("+news");
    const auto reader = client("+news");
    EXPECT_EQ(tell(*publisher, "news=1"), "ok");
    EXPECT_EQ(next(*reader), "1");
    EXPECT_EQ(tell(*reader, "news=2"), "ok");
    EXPECT_EQ(next(*publisher), "2");
}

TEST_P(TopicTest, SubscribingTwiceAndLeavingTwiceSaysNo) {
    const auto one = client();
    EXPECT_EQ(tell(*one, "+a +a +b -a -a -c"), "ok yes no yes yes no no");
    const auto publisher = client();
    EXPECT_EQ(tell(*publisher, "a=1 b=2"), "ok");
    EXPECT_EQ(next(*one), "2");
}

TEST_P(TopicTest, NamesAreBounded) {
    const auto one = client();
    const std::string longest(1024, 'x');
    one->send(client_frame(text, "+" + longest + " +" + longest + "x"));
    EXPECT_EQ(next(*one), "ok yes no");
}

TEST_P(TopicTest, DirectMessagesAndPublishedOnesKeepTheirOrder) {
    const auto reader = client("+a +b");
    const auto publisher = client("+a +b");
    // What it publishes to itself by another connection's hand comes in one turn with the rest.
    EXPECT_EQ(tell(*publisher, "a=1 b=2 a=3 b=4 a=5"), "ok");
    EXPECT_EQ(next(*reader, 5), "1 2 3 4 5");
}

TEST_P(TopicTest, WhatIsPublishedBeforeLeavingArrives) {
    const auto one = client("+a");
    const auto publisher = client();
    EXPECT_EQ(tell(*publisher, "a=1"), "ok");
    EXPECT_EQ(next(*one), "1");
    EXPECT_EQ(tell(*one, "-a"), "ok yes");
    EXPECT_EQ(tell(*publisher, "a=2"), "ok");
    EXPECT_EQ(tell(*one, "!end"), "end ok");
}

TEST_P(TopicTest, AnyThreadPublishesInItsOrder) {
    std::vector<std::unique_ptr<RawClient>> readers;
    for (int index = 0; index < 6; ++index) readers.push_back(client("+a"));
    constexpr int each = 300;
    std::vector<std::thread> threads;
    for (char name = 'p'; name < 's'; ++name)
        threads.emplace_back([this, name] {
            for (int number = 0; number < each; ++number)
                running.server.publish("a", name + std::to_string(number));
        });
    for (auto& thread : threads) thread.join();
    for (auto& reader : readers) {
        std::array<int, 3> last = {-1, -1, -1};
        for (int count = 0; count < 3 * each; ++count) {
            const std::string message = next(*reader);
            ASSERT_GE(message.size(), 2U);
            int& before = last.at(static_cast<std::size_t>(message[0] - 'p'));
            ASSERT_EQ(std::stoi(message.substr(1)), before + 1);
            ++before;
        }
    }
}

TEST_P(TopicTest, ConnectionsComeAndGoWhileItIsPublished) {
    std::atomic<bool> done = false;
    std::thread publishing([&] {
        const engine::ServerLoops loops(running.server);
        for (int number = 0; !done; ++number) {
            running.server.publish("a", "a" + std::to_string(number));
            running.server.publish("b", "b" + std::to_string(number));
            // Loops that are slower than this thread are waited for, or what is published piles up.
            if (number % 100 != 0) continue;
            for (std::size_t loop = 0; loop < loops.count(); ++loop) {
                const auto reached = std::make_shared<std::promise<void>>();
                loops.post(loop, [reached] { reached->set_value(); });
                reached->get_future().wait();
            }
        }
    });
    for (int round = 0; round < 50; ++round) {
        const auto one = client("+a");
        const auto two = client("+b +a");
        next(*one, 3);
        tell(*two, "-a");
        next(*two, 2);
        two->vanish();
    }
    done = true;
    publishing.join();
    const auto last = client();
    EXPECT_EQ(tell(*last, "+a"), "ok yes");
}

TEST_P(TopicTest, EachGetsAllInOrderWhileOthersComeAndGo) {
    std::vector<std::unique_ptr<RawClient>> readers;
    for (int index = 0; index < 20; ++index)
        readers.push_back(client(index % 3 == 0 ? "+a +b" : index % 3 == 1 ? "+b +c +a" : "+a"));
    const auto restless = client();
    const auto publisher = client("+a +b");
    constexpr int rounds = 100;
    int number = 0;
    for (int round = 0; round < rounds; ++round) {
        std::string steps;
        for (int step = 0; step < 10; ++step, ++number)
            steps += (steps.empty() ? "" : " ") + std::string(number % 2 == 0 ? "a=" : "b=") +
                     std::to_string(number);
        tell(*publisher, steps);
        tell(*restless, round % 2 == 0 ? "+b +a" : "-a -b");
    }
    for (std::size_t index = 0; index < readers.size(); ++index) {
        const int step = index % 3 == 2 ? 2 : 1;
        for (int expected = 0; expected < number; expected += step)
            ASSERT_EQ(next(*readers[index]), std::to_string(expected)) << "reader " << index;
        EXPECT_EQ(tell(*readers[index], "-a"), "ok yes");
    }
}

INSTANTIATE_TEST_SUITE_P(
    Loops, TopicTest, ::testing::Values(Way{1, false}, Way{3, false}, Way{1, true}, Way{3, true}),
    [](const auto& info) {
        return std::to_string(info.param.threads) + (info.param.in_steps ? "InSteps" : "AtOnce");
    });

class FewSubscriptions : public TopicTest {
protected:
    FewSubscriptions() : TopicTest({.max_subscriptions = 3}) {}
};

TEST_P(FewSubscriptions, OneMoreIsNotTaken) {
    const auto one = client();
    EXPECT_EQ(tell(*one, "+a +b +c +d -a +d"), "ok yes yes yes no yes yes");
}

INSTANTIATE_TEST_SUITE_P(Loops, FewSubscriptions, ::testing::Values(Way{1, false}));

/// Subscribes by a connection of one kind, and takes `count` messages.
Task<> take(std::string url, Compression compression, int count, std::vector<std::string>& taken,
            std::atomic<int>& subscribed) {
    const ConnectOptions options = {
        .limits = {.compression = compression, .compression_threshold = 0}};
    auto socket = co_await connect(url, options);
    EXPECT_TRUE(socket);
    if (!socket) co_return;
    EXPECT_TRUE(co_await socket->receive());
    ++subscribed;
    for (int index = 0; index < count; ++index) {
        const auto message = co_await socket->receive();
        if (!message) co_return;
        taken.emplace_back(message->text());
    }
}

class CompressedTopics : public ::testing::TestWithParam<Compression> {};

TEST_P(CompressedTopics, EveryKindOfConnectionGetsTheSame) {
    RunningServer running({.threads = 2});
    running.server.websocket("/",
                             {.on_open =
                                  [](WebSocket& socket, const Request&) {
                                      socket.subscribe("a");
                                      socket.send("subscribed");
                                  }},
                             {.limits = {.compression = GetParam(), .compression_threshold = 100}});
    running.start();
    std::vector<std::string> published;
    for (int index = 0; index < 40; ++index) {
        std::string message = "{\"number\":" + std::to_string(index) + ",\"items\":[";
        for (int item = 0; item < index * 20; ++item)
            message += std::to_string(item * 7919 % 1000) + ",\"item\",";
        published.push_back(message + "]}");
    }
    constexpr std::array kinds = {Compression::off, Compression::shared, Compression::dedicated};
    std::vector<std::vector<std::string>> taken(2 * kinds.size());
    std::vector<std::thread> clients;
    std::atomic<int> subscribed = 0;
    for (std::size_t index = 0; index < taken.size(); ++index)
        clients.emplace_back([&, index] {
            run(take(running.url("/"), kinds.at(index % kinds.size()),
                     static_cast<int>(published.size()), taken[index], subscribed));
        });
    while (subscribed < static_cast<int>(taken.size())) std::this_thread::yield();
    for (const std::string& message : published) running.server.publish("a", message);
    for (auto& client : clients) client.join();
    for (const auto& messages : taken) EXPECT_EQ(messages, published);
}

INSTANTIATE_TEST_SUITE_P(Kinds, CompressedTopics,
                         ::testing::Values(Compression::off, Compression::shared,
                                           Compression::dedicated));

TEST(ManyTopics, AreFoundAgainWhateverLeaves) {
    RunningServer running;
    std::string result;
    running.server.websocket(
        "/", {.on_message = [&](WebSocket& socket, Message) {
            constexpr int count = 3000;
            for (int topic = 0; topic < count; ++topic)
                if (!socket.subscribe(std::to_string(topic))) result += "+";
            for (int topic = 0; topic < count; topic += 3)
                if (!socket.unsubscribe(std::to_string(topic))) result += "-";
            for (int topic = 0; topic < count; ++topic)
                if (socket.subscribe(std::to_string(topic)) != (topic % 3 == 0)) result += "?";
            for (int topic = count - 1; topic >= 0; --topic)
                if (!socket.unsubscribe(std::to_string(topic))) result += "!";
            socket.send("done");
        }});
    running.start();
    RawClient client(running.port);
    client.upgrade("/");
    client.send(client_frame(text, "go"));
    EXPECT_EQ(client.read(6), server_frame(text, "done"));
    EXPECT_EQ(result, "");
}

/// How many turns the loop takes while any of these topics has a subscriber.
void count_turns_until_left(RunningServer& running, int topics, std::promise<int>& counted,
                            int turns = 0) {
    const engine::ServerLoops loops(running.server);
    for (int topic = 0; topic < topics; ++topic)
        if (loops.has_subscribers_here(std::to_string(topic)))
            return loops.post(0, [&running, topics, &counted, turns] {
                count_turns_until_left(running, topics, counted, turns + 1);
            });
    counted.set_value(turns);
}

TEST(ManyTopics, AreLeftInSeveralTurnsWhileOthersAreServed) {
    constexpr int count = 2000;
    RunningServer running{{.threads = 1}};
    std::promise<int> turns;
    running.server.websocket("/", {.on_open =
                                       [](WebSocket& socket, const Request&) {
                                           for (int topic = 0; topic < count; ++topic)
                                               socket.subscribe(std::to_string(topic));
                                           socket.send("ready");
                                       },
                                   .on_close =
                                       [&](WebSocket&, CloseCode, std::string_view) {
                                           count_turns_until_left(running, count, turns);
                                       }});
    running.start();
    RawClient client(running.port);
    client.upgrade("/");
    EXPECT_EQ(client.read(7), server_frame(text, "ready"));
    client.close();
    EXPECT_GE(turns.get_future().get(), 4);
}

}  // namespace
}  // namespace longwire
