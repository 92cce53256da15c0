// Clients of the pusher dialect on a running server with several loops, written byte by byte.
#include "dialects/pusher/pusher.hpp"
#include "dialects/pusher/signature.hpp"
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
    AppSettings app;
    app.id = "1";
    app.key = "k";
    app.secret = "s";
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
            const std::string message = reader->read_until(">");
            received.push_back(message.substr(message.rfind('<')));
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
        EXPECT_EQ(first.find('<'), std::string::npos);
        int before = -1;
        for (int seen = 0; seen < 50; ++seen) {
            const std::string message = client.read_until(">");
            const int number = std::stoi(message.substr(message.rfind('<') + 1));
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
