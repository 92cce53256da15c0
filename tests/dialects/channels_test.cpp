// Channels of a running server with several loops, by clients that write every byte.
#include "dialects/raw/raw.hpp"
#include "raw_client.hpp"
#include "running_hub.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace longwire::dialects {
namespace {

struct Channels : RunningHub<> {
    raw::Raw raw{running.server, hub_loops, gate};
};

TEST_F(Channels, ManyPublishersReachEveryMemberInOneOrder) {
    constexpr int members = 6;
    constexpr int publishers = 3;
    constexpr int each = 100;
    std::vector<std::unique_ptr<RawClient>> readers;
    for (int count = 0; count < members; ++count) {
        readers.push_back(std::make_unique<RawClient>(running.port));
        ASSERT_TRUE(readers.back()->upgrade("/channels/a").starts_with("HTTP/1.1 101"));
    }
    std::vector<std::thread> threads;
    for (int publisher = 0; publisher < publishers; ++publisher)
        threads.emplace_back([&, publisher] {
            if (publisher == 0) {
                for (int number = 0; number < each; ++number)
                    hub.publish(
                        {.channel = "a",
                         .content = {.message = Message::text("h" + std::to_string(number))}});
                return;
            }
            RawClient client(running.port);
            client.upgrade("/channels/a");
            for (int number = 0; number < each; ++number)
                client.send(client_frame(text, std::string(1, static_cast<char>('a' + publisher)) +
                                                   std::to_string(number)));
            client.send(client_frame(close_opcode, close_payload(1000)));
            client.read_all();
        });
    std::vector<std::string> first;
    for (const auto& reader : readers) {
        std::vector<std::string> received;
        for (int count = 0; count < publishers * each; ++count) {
            const std::string head = reader->read(2);
            received.push_back(reader->read(static_cast<unsigned char>(head[1])));
        }
        if (first.empty()) first = received;
        EXPECT_EQ(received, first);
    }
    for (std::thread& thread : threads) thread.join();
    for (const char who : {'h', 'b', 'c'}) {
        int next = 0;
        for (const std::string& message : first)
            if (message.front() == who) {
                EXPECT_EQ(message, who + std::to_string(next));
                ++next;
            }
        EXPECT_EQ(next, each);
    }
}

TEST_F(Channels, WhateverComesAndGoesLeavesNothingBehind) {
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 3; ++thread)
        threads.emplace_back([&, thread] {
            for (int round = 0; round < 30; ++round) {
                const std::string channel = "c" + std::to_string(round % 3);
                RawClient client(running.port);
                switch ((thread + round) % 4) {
                    case 0:
                        client.upgrade("/channels/" + channel + "?history=5&user=ann");
                        client.send(client_frame(text, "hello"));
                        client.send(client_frame(close_opcode, close_payload(1000)));
                        client.read_all();
                        break;
                    case 1:
                        client.send("GET /channels/" + channel +
                                    "?history=5&user=bob HTTP/1.1\r\nHost: x\r\nAccept: "
                                    "text/event-stream\r\n\r\n");
                        client.read_until("joined");
                        break;
                    case 2:
                        client.send("GET /channels/" + channel +
                                    "?since=0-0&wait=1 HTTP/1.1\r\nHost: x\r\n\r\n");
                        client.read_until("messages");
                        break;
                    default:
                        client.send("POST /channels/" + channel +
                                    " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
                        client.read_until("position");
                }
            }
        });
    for (std::thread& thread : threads) thread.join();
    while (hub.counts().members > 0 || hub.counts().channels > 0) hub.tick();
    for (const auto* channel : {"c0", "c1", "c2"})
        hub.presence(channel, [](const Result<std::vector<hub::Presence>>& present) {
            EXPECT_TRUE(present->empty());
        });
}

TEST_F(Channels, ARuleSaysWhatBecomesOfMessagesForASlowReader) {
    RulesGate::Policy policy = open_policy();
    policy.rules.front().slow_reader = access::WhenSlow::latest;
    policy.rules.front().history_count = 0;
    gate.replace(policy);
    RawClient slow(running.port);
    slow.upgrade("/channels/prices");
    constexpr int count = 1000;
    const std::string filling(65'000, '.');
    for (int number = 0; number <= count; ++number) {
        const std::string price = number < count ? filling : "last";
        hub.publish({.channel = "prices", .content = {.message = Message::text(price)}});
    }
    // Of 65 MB what the kernel took, and then the last: the connection was not closed.
    std::size_t messages = 0;
    for (;; ++messages) {
        const std::string head = slow.read(2);
        ASSERT_EQ(head[0], '\x81');
        if (head[1] == 4) break;
        slow.read(2 + filling.size());
    }
    EXPECT_EQ(slow.read(4), "last");
    EXPECT_LT(messages, static_cast<std::size_t>(count));
}

TEST_F(Channels, RulesThatChangeCountForThoseWhoAreThere) {
    RawClient client(running.port);
    client.upgrade("/channels/a?format=json&echo=1");
    EXPECT_NE(client.read_until("}}").find("joined"), std::string::npos);
    client.send(client_frame(text, "one"));
    EXPECT_NE(client.read_until("}").find(R"("text":"one")"), std::string::npos);
    RulesGate::Policy closed = open_policy();
    closed.rules.front().publish = access::Who::nobody;
    gate.replace(closed);
    client.send(client_frame(text, "two"));
    EXPECT_NE(client.read_until("}").find(
                  R"({"error":"You may not publish on this channel: nobody may."})"),
              std::string::npos);
}

}  // namespace
}  // namespace longwire::dialects
