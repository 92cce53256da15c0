// Channels of a running server with several loops, by clients that write every byte.
#include "dialects/raw/raw.hpp"
#include "raw_client.hpp"
#include "running_hub.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
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

TEST_F(Channels, WhoeverAsksForTheHeadOfAStreamDoesNotJoin) {
    RawClient client(running.port);
    for (const char* const path : {"/channels/a", "/channels/a?since=0-0&wait=60",
                                   "/channels/a?wait=60", "/channels/a?history=5"}) {
        for (const char* const accept : {"text/event-stream", "*/*"}) {
            client.send("HEAD " + std::string(path) + " HTTP/1.1\r\nHost: x\r\nAccept: " + accept +
                        "\r\n\r\n");
            const std::string head = client.read_until("\r\n\r\n");
            EXPECT_TRUE(head.starts_with("HTTP/1.1 200 ")) << head;
            EXPECT_EQ(head.find("Connection: close"), std::string::npos) << head;
            EXPECT_EQ(hub.counts().members, 0U);
        }
    }
    client.send("GET /channels/a?history=1 HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_NE(client.read_until("]}\n").find("messages"), std::string::npos);
}

TEST_F(Channels, StreamsAreNotToBeChangedOnTheWay) {
    RawClient client(running.port);
    client.send("GET /channels/a HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n");
    const std::string head = client.read_until("\r\n\r\n");
    EXPECT_NE(head.find("Cache-Control: no-store, no-transform\r\n"), std::string::npos) << head;
}

TEST_F(Channels, WhoStaysOnAStreamIsToldWhoeverLeaves) {
    for (const std::vector<std::size_t>& leaving :
         {std::vector<std::size_t>{0, 2}, {3, 1}, {1, 0}}) {
        std::vector<std::unique_ptr<RawClient>> streams;
        for (int count = 0; count < 4; ++count) {
            streams.push_back(std::make_unique<RawClient>(running.port));
            streams.back()->send(
                "GET /channels/a HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n");
            streams.back()->read_until("joined");
        }
        std::size_t here = streams.size();
        for (const std::size_t number : leaving) {
            streams[number].reset();
            --here;
            while (hub.counts().members != here) std::this_thread::yield();
            hub.publish({.channel = "a", .content = {.message = Message::text("hello")}});
            for (const auto& stream : streams)
                if (stream) {
                    EXPECT_NE(stream->read_until("data: hello"), "");
                }
        }
        streams.clear();
        while (hub.counts().members != 0) std::this_thread::yield();
    }
}

/// Reads an event stream, to the message "last".
class Listening {
public:
    explicit Listening(std::uint16_t port) : client_(port) {
        client_.send(
            "GET /channels/a?history=20 HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n");
        client_.read_until("joined");
    }
    /// The numbers of the messages that came, in their order.
    std::vector<int> numbers() {
        const std::string all = client_.read_until("data: last");
        std::vector<int> found;
        for (std::size_t at = 0; (at = all.find("data: m", at)) != std::string::npos; at += 7)
            found.push_back(std::stoi(all.substr(at + 7)));
        return found;
    }

private:
    RawClient client_;
};

TEST_F(Channels, VeryManyStreamsGetAllInOrderWhileOthersComeAndGo) {
    constexpr std::size_t many = 600;
    std::vector<std::unique_ptr<Listening>> there;
    while (there.size() < many) there.push_back(std::make_unique<Listening>(running.port));
    std::vector<std::unique_ptr<Listening>> leaving;
    while (leaving.size() < 50) {
        leaving.push_back(std::move(there[leaving.size() * 3]));
        there[leaving.size() * 3 - 3].swap(there.back());
        there.pop_back();
    }
    std::atomic<bool> over = false;
    int messages = 0;
    std::thread publishing([&] {
        // (So many that there is always something that waits, and not more than clients may keep.)
        while (!over && messages < 4000) {
            for (int burst = 0; burst < 4; ++burst)
                hub.publish(
                    {.channel = "a",
                     .content = {.message = Message::text("m" + std::to_string(messages++))},
                     .history = {.count = 20}});
            await_turns();
        }
    });
    std::vector<std::unique_ptr<Listening>> late;
    while (!leaving.empty()) {
        leaving.pop_back();
        late.push_back(std::make_unique<Listening>(running.port));
    }
    over = true;
    publishing.join();
    hub.publish({.channel = "a", .content = {.message = Message::text("last")}});
    std::vector<int> all(static_cast<std::size_t>(messages));
    std::iota(all.begin(), all.end(), 0);
    for (const auto& one : there) ASSERT_EQ(one->numbers(), all);
    for (const auto& one : late) {
        // From some message on.
        const std::vector<int> its = one->numbers();
        ASSERT_LE(its.size(), all.size());
        ASSERT_EQ(its,
                  std::vector<int>(all.end() - static_cast<std::ptrdiff_t>(its.size()), all.end()));
    }
}

TEST_F(Channels, AHalfClosedClientOfALongPollGetsItsAnswer) {
    RawClient client(running.port);
    client.send("GET /channels/a?wait=60&user=ann HTTP/1.1\r\nHost: x\r\n\r\n");
    client.shut();
    EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
    EXPECT_EQ(hub.counts().members, 1U);
    {
        // One that has gone altogether is no member any more.
        RawClient other(running.port);
        other.send("GET /channels/a?wait=60&user=bob HTTP/1.1\r\nHost: x\r\n\r\n");
        while (hub.counts().members != 2) std::this_thread::yield();
    }
    while (hub.counts().members != 1) std::this_thread::yield();
    hub.publish({.channel = "a", .content = {.message = Message::text("hello")}});
    const std::string rest = client.read_all();
    EXPECT_NE(rest.find(R"("text":"hello")"), std::string::npos) << rest;
    EXPECT_TRUE(rest.ends_with("0\r\n\r\n")) << rest;
    while (hub.counts().members > 0) std::this_thread::yield();
    // What can be said at once needs no waiting.
    hub.publish({.channel = "a",
                 .content = {.message = Message::text("kept")},
                 .history = {.count = 1, .age = std::chrono::minutes(1)}});
    RawClient late(running.port);
    late.send("GET /channels/a?since=0-0&wait=60 HTTP/1.1\r\nHost: x\r\n\r\n");
    late.shut();
    EXPECT_NE(late.read_all().find(R"("recovered":false)"), std::string::npos);
}

struct OtherOrigins : RunningHub<> {
    static std::string field(const std::string& answer, const std::string& name) {
        const std::size_t start = answer.find("\r\n" + name + ": ");
        if (start == std::string::npos) return "none";
        const std::size_t value = start + name.size() + 4;
        return answer.substr(value, answer.find("\r\n", value) - value);
    }
    std::string ask(const std::string& line, const std::string& fields = "",
                    const std::string& body = "") const {
        RawClient client(running.port);
        client.send(line + " HTTP/1.1\r\nHost: here\r\nConnection: close\r\n" + fields + "\r\n" +
                    body);
        return client.read_all();
    }
    int published() const {
        const std::string history = ask("GET /channels/a?history=100");
        int count = 0;
        for (std::size_t found = 0;
             (found = history.find(R"("text":"hi")", found)) != std::string::npos; ++found)
            ++count;
        return count;
    }
    std::string post(const std::string& fields) const {
        return ask("POST /channels/a", "Content-Length: 2\r\n" + fields, "hi");
    }
};

struct ListedOrigins : OtherOrigins {
    raw::Raw raw{running.server, hub_loops, gate, {.origins = {"https://listed"}}};
};

struct AnyOrigin : OtherOrigins {
    raw::Raw raw{running.server, hub_loops, gate, {.origins = {"*"}}};
};

constexpr const char* listed = "Origin: https://listed\r\n";
constexpr const char* cookie = "Cookie: session=1\r\n";

TEST_F(ListedOrigins, MaySendCookiesAndReadWhatTheyAreAnswered) {
    const std::string large = "Content-Length: 100000000\r\n";
    for (const std::string& answer :
         {ask("GET /channels/a?history=1", std::string(listed) + cookie), post(listed),
          post(std::string(listed) + cookie), ask("OPTIONS /channels/a", listed),
          ask("GET /channels/a%20b", listed), ask("HEAD /channels/a?wait=9", listed),
          ask("PUT /channels/a", listed), ask("GET /channels/a/nothing", listed),
          ask("POST /channels/a", listed + large)}) {
        EXPECT_EQ(field(answer, "Access-Control-Allow-Origin"), "https://listed") << answer;
        EXPECT_EQ(field(answer, "Access-Control-Allow-Credentials"), "true") << answer;
        EXPECT_EQ(field(answer, "Vary"), "Origin") << answer;
    }
    EXPECT_EQ(published(), 2);
    EXPECT_TRUE(ask("POST /channels/a", listed + large).starts_with("HTTP/1.1 413 "));
    EXPECT_TRUE(ask("PUT /channels/a", listed).starts_with("HTTP/1.1 405 "));
    for (const std::string& answer : {ask("PUT /channels/a", "Origin: https://evil\r\n"),
                                      ask("PUT /nothing", listed), ask("PUT /channels/a")})
        EXPECT_EQ(field(answer, "Access-Control-Allow-Origin"), "none") << answer;
}

TEST_F(AnyOrigin, IsNoReasonToLetPagesPublishWithCookiesWhatTheyMayNotSee) {
    const std::string without = post(listed);
    EXPECT_TRUE(without.starts_with("HTTP/1.1 200 ")) << without;
    EXPECT_EQ(field(without, "Access-Control-Allow-Origin"), "https://listed");
    EXPECT_EQ(field(without, "Access-Control-Allow-Credentials"), "none");
    const std::string with = post(std::string(listed) + cookie);
    EXPECT_TRUE(with.starts_with("HTTP/1.1 403 ")) << with;
    EXPECT_EQ(published(), 1);
    // Who is no page of another origin is not asked for a list.
    for (const char* const fields : {"", "Origin: http://here\r\n",
                                     "Origin: https://proxied\r\nSec-Fetch-Site: same-origin\r\n"})
        EXPECT_TRUE(post(std::string(fields) + cookie).starts_with("HTTP/1.1 200 ")) << fields;
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
    policy.rules.front().slow_reader = SlowReader::latest;
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
                  R"({"error":"You may not publish on this channel: its rule allows no client."})"),
              std::string::npos);
}

}  // namespace
}  // namespace longwire::dialects
