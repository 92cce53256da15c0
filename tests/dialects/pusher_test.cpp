// Clients of the pusher dialect on a running server with several loops, written byte by byte.
#include "dialects/pusher/pusher.hpp"
#include "dialects/pusher/signature.hpp"
#include "pusher_app.hpp"
#include "raw_client.hpp"
#include "running_hub.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace longwire::dialects::pusher {
namespace {

AppSettings one_app() {
    AppSettings app = pusher_app();
    app.client_events = true;
    app.client_event_rate = {};
    app.messages = {};
    app.recover = true;
    app.known_by = {KnownBy::address};
    app.subscription_counts = true;
    return app;
}

struct PusherClients : RunningHub<> {
    Pusher pusher{running.server,
                  hub_loops,
                  gate,
                  {one_app()},
                  [](Webhooks::Call, Webhooks::Sent) {},
                  {},
                  {}};
};

struct PusherClient : RawClient {
    explicit PusherClient(std::uint16_t port) : RawClient(port) {
        upgrade("/app/k?protocol=7");
        const std::string hello = read_until("}\"}");
        const std::size_t at = hello.find("socket_id\\\":\\\"") + 14;
        socket_id = hello.substr(at, hello.find('\\', at) - at);
    }

    void say(const std::string& json) { send(client_frame(text, json)); }
    void subscribe(const std::string& channel, const std::string& data = {}) {
        const std::string auth = "k:" + hmac_sha256("s", channel_text(socket_id, channel, data));
        std::string escaped;
        for (const char letter : data) {
            if (letter == '"') escaped += '\\';
            escaped += letter;
        }
        say(R"({"event":"pusher:subscribe","data":{"channel":")" + channel + R"(","auth":")" +
            auth + R"(","channel_data":")" + escaped + "\"}}");
    }

    std::string socket_id;
};

RulesGate::Policy one_request_a_minute() {
    RulesGate::Policy policy = open_policy();
    policy.rates.requests_per_address = {.a_second = 1.0 / 60, .burst = 1};
    return policy;
}

struct LimitedPusherClients : RunningHub<> {
    RulesGate limited{one_request_a_minute()};
    Pusher pusher{running.server,
                  hub_loops,
                  limited,
                  {one_app()},
                  [](Webhooks::Call, Webhooks::Sent) {},
                  {},
                  {}};
};

TEST_F(LimitedPusherClients, WhoConnectsTooFastIsToldToComeBackLater) {
    const PusherClient first(running.port);
    EXPECT_FALSE(first.socket_id.empty());
    RawClient second(running.port);
    second.upgrade("/app/k?protocol=7");
    // (After 4009 pusher-js would not connect again.)
    EXPECT_NE(second.read_until("faster").find(close_payload(4100)), std::string::npos);
}

TEST_F(PusherClients, ManyPublishersReachEveryOneInOneOrder) {
    constexpr int members = 6;
    constexpr int publishers = 3;
    constexpr int each = 100;
    std::vector<std::unique_ptr<PusherClient>> readers;
    for (int count = 0; count < members; ++count) {
        readers.push_back(std::make_unique<PusherClient>(running.port));
        readers.back()->subscribe("private-a");
        readers.back()->read_until("succeeded");
    }
    std::vector<std::thread> threads;
    for (int publisher = 0; publisher < publishers; ++publisher)
        threads.emplace_back([&, publisher] {
            PusherClient client(running.port);
            client.subscribe("private-a");
            client.read_until("succeeded");
            for (int number = 0; number < each; ++number)
                client.say(R"({"event":"client-n","channel":"private-a","data":"<)" +
                           std::to_string(publisher) + ":" + std::to_string(number) + R"(>"})");
            client.say(R"({"event":"pusher:ping"})");
            client.read_until("pusher:pong");
        });
    std::vector<std::string> first;
    for (const auto& reader : readers) {
        std::vector<std::string> received;
        while (received.size() < static_cast<std::size_t>(publishers * each)) {
            const std::string message = reader->read_until(">\"");
            received.push_back(message.substr(message.rfind("\"<")));
        }
        if (first.empty()) first = received;
        EXPECT_EQ(received, first);
    }
    for (std::thread& thread : threads) thread.join();
}

TEST_F(PusherClients, ComeAndGoWithoutALeftover) {
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&, thread] {
            for (int round = 0; round < 20; ++round) {
                PusherClient client(running.port);
                client.subscribe("presence-a", R"({"user_id":")" + std::to_string(thread) + "\"}");
                client.subscribe("cache-b");
                client.subscribe("private-c");
                if (round % 2 == 0) client.read_until("private-c");
                if (round % 3 == 0)
                    client.say(R"({"event":"pusher:unsubscribe","data":{"channel":"private-c"}})");
                if (round % 5 == 0) {
                    client.send(client_frame(close_opcode, close_payload(1000)));
                    client.read_all();
                }
            }
        });
    for (std::thread& thread : threads) thread.join();
    while (hub.counts().members > 0) std::this_thread::yield();
    EXPECT_EQ(hub.members("presence-a"), 0);
    hub.tick();
    bool empty = false;
    while (!empty) {
        hub.tick();
        hub.presence("presence-a", [&](const Result<std::vector<hub::Presence>>& there) {
            empty = there->empty();
        });
    }
}

struct PusherClientsWithManyChannels : RunningHub<> {
    static AppSettings app() {
        AppSettings app = one_app();
        app.most_channels = 2000;
        return app;
    }

    Pusher pusher{
        running.server, hub_loops, gate, {app()}, [](Webhooks::Call, Webhooks::Sent) {}, {}, {}};
};

TEST_F(PusherClientsWithManyChannels, LeaveAllOfThemInSeveralTurns) {
    {
        PusherClient client(running.port);
        for (int channel = 0; channel < 2000; ++channel)
            client.subscribe("channel-" + std::to_string(channel));
        client.read_until("channel-1999");
        ASSERT_EQ(hub.counts().members, 2000);
    }
    while (hub.counts().members > 0) std::this_thread::yield();
    await_turns();
    PusherClient after(running.port);
    after.subscribe("channel-1999");
    after.read_until("channel-1999");
    EXPECT_EQ(hub.counts().members, 1);
}

// Whoever comes back within the grace has not left; but is known anew, as clients understand it.
TEST_F(PusherClients, OtherInformationOfAMemberIsARemovalAndAnAddition) {
    PusherClient watching(running.port);
    watching.subscribe("presence-a", R"({"user_id":"w"})");
    watching.read_until("succeeded");
    PusherClient first(running.port);
    first.subscribe("presence-a", R"({"user_id":"ann","user_info":{"n":"<old>"}})");
    watching.read_until("<old>");
    PusherClient second(running.port);
    second.subscribe("presence-a", R"({"user_id":"ann","user_info":{"n":"<new>"}})");
    const std::string told = watching.read_until("<new>");
    const std::size_t removed = told.find("member_removed");
    EXPECT_LT(removed, told.find("member_added"));
    EXPECT_NE(removed, std::string::npos);
}

/// A client by HTTP that is known to have got what it was sent, or not.
struct PusherFallbacks : RunningHub<> {
    static Pusher::Options quick() {
        Pusher::Options options;
        options.fallbacks.patience = std::chrono::milliseconds(200);
        options.fallbacks.confirm_after = std::chrono::milliseconds(20);
        return options;
    }
    [[nodiscard]] std::string request(const std::string& what, const std::string& body) const {
        return "POST /pusher/app/k/1/abc/" + what + "?protocol=7 HTTP/1.1\r\nHost: x\r\n" +
               "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    [[nodiscard]] std::uint64_t clients() const {
        for (const DialectTally& tally : hub_loops.tallies())
            if (tally.name() == "pusher")
                return tally.sum(DialectTally::opened) - tally.sum(DialectTally::closed);
        return 0;
    }

    Pusher pusher{
        running.server, hub_loops, gate, {one_app()}, [](Webhooks::Call, Webhooks::Sent) {}, {},
        quick()};
};

TEST_F(PusherFallbacks, OneThatAnswersAHeartbeatWithoutAStreamGoesAllTheSame) {
    RawClient sends(running.port);
    {
        RawClient stream(running.port);
        stream.send(request("xhr_streaming", ""));
        stream.read_until("connection_established");
        stream.read_until("h\n");  // a heartbeat, of which an answer is awaited
        sends.send(request("xhr_send", R"(["{\"event\":\"pusher:ping\",\"data\":{}}"])"));
        stream.read_until("pong");
    }
    while (running.server.counts().connections > 1)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_EQ(clients(), 1U);
    sends.send(request("xhr_send", "[]"));
    while (clients() > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

TEST_F(PusherClients, GetWhatWasPublishedWhileTheyJoin) {
    std::atomic<bool> enough = false;
    std::thread publisher([&] {
        for (int number = 0; !enough; ++number) {
            hub.publish({.channel = "presence-busy",
                         .content = {.message = Message::text("<" + std::to_string(number) + ">")},
                         .history = {.count = 100}});
            std::this_thread::yield();
        }
    });
    for (int count = 0; count < 10; ++count) {
        PusherClient client(running.port);
        client.subscribe("presence-busy", R"({"user_id":"ann"})");
        const std::string first = client.read_until("succeeded");
        EXPECT_EQ(first.find("\"<"), std::string::npos);
        int before = -1;
        for (int seen = 0; seen < 50; ++seen) {
            // (One of these bytes alone may be a length, in the head of a frame.)
            const std::string message = client.read_until(">\"");
            const int number = std::stoi(message.substr(message.rfind("\"<") + 2));
            if (before >= 0) {
                EXPECT_EQ(number, before + 1);
            }
            before = number;
        }
    }
    enough = true;
    publisher.join();
}

}  // namespace
}  // namespace longwire::dialects::pusher
