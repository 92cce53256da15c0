// Answers that come later, or piece by piece, over real sockets.
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace longwire {
namespace {

/// Hands the replies of a route to the test, one after the other.
class Replies {
public:
    HttpReplyHandler handler() {
        return [this](const Request&, HttpReply reply) {
            const std::scoped_lock lock(mutex_);
            reply.on_close([this] { closed.set_value(); });
            if (waiting_) {
                std::exchange(waiting_, {})->set_value(std::move(reply));
            } else {
                early_.push_back(std::move(reply));
            }
        };
    }
    HttpReply next() {
        std::future<HttpReply> reply;
        {
            const std::scoped_lock lock(mutex_);
            if (!early_.empty()) {
                HttpReply first = std::move(early_.front());
                early_.erase(early_.begin());
                return first;
            }
            reply = waiting_.emplace().get_future();
        }
        return reply.get();
    }

    std::promise<void> closed;

private:
    std::mutex mutex_;
    std::vector<HttpReply> early_;
    std::optional<std::promise<HttpReply>> waiting_;
};

struct HttpReplies : testing::Test {
    HttpReplies() {
        set_log_sink([](LogLevel, std::string_view) {});
        running.server.http("GET", "/later", replies.handler())
            .http("GET", "/now", [](const Request&) { return Response::text(200, "now"); })
            .http("GET", "/throws",
                  [](const Request&, const HttpReply&) { throw std::runtime_error("on purpose"); });
        running.start();
    }
    ~HttpReplies() override { set_log_sink({}); }

    static constexpr std::string_view get_later = "GET /later HTTP/1.1\r\nHost: x\r\n\r\n";
    static constexpr std::string_view get_now = "GET /now HTTP/1.1\r\nHost: x\r\n\r\n";

    Replies replies;
    RunningServer running;
};

TEST_F(HttpReplies, AnAnswerMayComeLaterAndFromAnotherThread) {
    RawClient client(running.port);
    for (int count = 0; count < 3; ++count) {
        client.send(get_later);
        const HttpReply reply = replies.next();
        EXPECT_TRUE(reply.alive());
        reply.send(Response::text(201, "later"));
        const std::string head = client.read_until("\r\n\r\n");
        EXPECT_TRUE(head.starts_with("HTTP/1.1 201 Created\r\n")) << head;
        EXPECT_NE(head.find("Content-Length: 6\r\n"), std::string::npos) << head;
        EXPECT_EQ(client.read(6), "later\n");
    }
}

TEST_F(HttpReplies, PipelinedRequestsWaitForTheAnswerBefore) {
    RawClient client(running.port);
    std::string requests(get_later);
    requests += get_now;
    requests += get_later;
    client.send(requests);
    replies.next().send(Response::text(200, "first"));
    EXPECT_NE(client.read_until("first\n").find("200 OK"), std::string::npos);
    EXPECT_NE(client.read_until("now\n").find("200 OK"), std::string::npos);
    replies.next().send(Response::text(200, "third"));
    EXPECT_NE(client.read_until("third\n").find("200 OK"), std::string::npos);
}

TEST(HttpReplyCalls, AnAnswerMayEndItsConnection) {
    RunningServer running;
    const auto last = [] { return Response::text(503, "last").with("connection", "Close"); };
    running.server.http("GET", "/", [last](const Request&) { return last(); });
    running.server.http("GET", "/later",
                        [last](const Request&, const HttpReply& reply) { reply.send(last()); });
    running.start();
    for (const std::string path : {"/", "/later"}) {
        RawClient client(running.port);
        client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
        const std::string answer = client.read_all();
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 503")) << answer;
        EXPECT_NE(answer.find("\r\nConnection: close\r\n"), std::string::npos) << answer;
    }
    running.stop();
}

TEST(HttpReplyCalls, AnAnswerDoesNotHandleTheNextRequestWithin) {
    RunningServer running;
    std::optional<HttpReply> first;
    bool answering = false;
    std::promise<bool> handled_within;
    running.server.http("GET", "/first", [&](const Request&, HttpReply reply) {
        first = std::move(reply);
        running.server.post([&] {
            answering = true;
            first->send(Response::text(200, "first"));
            answering = false;
        });
    });
    running.server.http("GET", "/second", [&](const Request&) {
        handled_within.set_value(answering);
        return Response::text(200, "second");
    });
    running.start();
    RawClient client(running.port);
    client.send("GET /first HTTP/1.1\r\nHost: x\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_FALSE(handled_within.get_future().get());
    EXPECT_LT(client.read_until("second").find("first"), std::string::npos);
    running.stop();
}

TEST(HttpReplyCalls, WhatComesMeanwhileWaitsItsTurn) {
    RunningServer running;
    running.server.http("GET", "/later/:number", [&](const Request& request, HttpReply reply) {
        const std::string number(request.parameter("number"));
        running.server.post([reply = std::move(reply), number] {
            reply.send(Response::text(200, "answer " + number + "!"));
        });
    });
    running.start();
    RawClient client(running.port);
    constexpr int count = 200;
    for (int number = 0; number < count; ++number)
        client.send("GET /later/" + std::to_string(number) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    for (int number = 0; number < count; ++number) {
        const std::string answer = client.read_until("!");
        EXPECT_NE(answer.find("answer " + std::to_string(number) + "!"), std::string::npos)
            << answer;
    }
}

TEST(HttpReplyCalls, OnCloseIsNeverCalledWithinACall) {
    RunningServer running;
    bool within = false;
    std::promise<std::string> told;
    running.server.http("GET", "/full", [&](const Request&, const HttpReply& reply) {
        reply.on_close([&] { told.set_value(within ? "within" : "later"); });
        within = true;
        reply.begin({}, 10);
        reply.write("more than ten bytes");
        within = false;
        EXPECT_FALSE(reply.alive());
    });
    running.start();
    RawClient client(running.port);
    client.send("GET /full HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(told.get_future().get(), "later");
}

TEST(HttpReplyCalls, OnCloseTellsOfAClientThatHasGoneAlready) {
    RunningServer running;
    std::promise<HttpReply> given;
    running.server.http(
        "GET", "/", [&](const Request&, HttpReply reply) { given.set_value(std::move(reply)); });
    running.start();
    HttpReply reply;
    {
        RawClient client(running.port);
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        reply = given.get_future().get();
    }
    while (reply.alive()) std::this_thread::yield();
    std::promise<std::string> told;
    bool within = false;
    running.server.post([&] {
        within = true;
        reply.on_close([&] { told.set_value(within ? "within" : "later"); });
        within = false;
    });
    EXPECT_EQ(told.get_future().get(), "later");
}

TEST_F(HttpReplies, ABodyIsStreamedInChunks) {
    RawClient client(running.port);
    client.send(get_later);
    const HttpReply reply = replies.next();
    reply.begin({.body = "first", .headers = {{"Content-Type", "text/event-stream"}}});
    const std::string head = client.read_until("\r\n\r\n");
    EXPECT_NE(head.find("Transfer-Encoding: chunked\r\n"), std::string::npos) << head;
    EXPECT_NE(head.find("Content-Type: text/event-stream\r\n"), std::string::npos) << head;
    EXPECT_EQ(head.find("Content-Length"), std::string::npos) << head;
    EXPECT_EQ(client.read(10), "5\r\nfirst\r\n");
    reply.write("");
    reply.write(std::string(16, 'x'));
    EXPECT_EQ(client.read(22), "10\r\nxxxxxxxxxxxxxxxx\r\n");
    reply.end();
    EXPECT_EQ(client.read(5), "0\r\n\r\n");
    client.send(get_now);
    EXPECT_NE(client.read_until("now\n").find("200 OK"), std::string::npos);
}

TEST_F(HttpReplies, OfHttp10TheConnectionsEndIsTheBodys) {
    RawClient client(running.port);
    client.send("GET /later HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n");
    const HttpReply reply = replies.next();
    reply.begin({.body = "one "});
    reply.write("two");
    reply.end();
    const std::string all = client.read_all();
    EXPECT_EQ(all.find("chunked"), std::string::npos) << all;
    EXPECT_NE(all.find("Connection: close\r\n"), std::string::npos) << all;
    EXPECT_TRUE(all.ends_with("\r\n\r\none two")) << all;
}

TEST_F(HttpReplies, HeadHasNoBody) {
    RawClient client(running.port);
    client.send("HEAD /later HTTP/1.1\r\nHost: x\r\n\r\n");
    const HttpReply streamed = replies.next();
    streamed.begin({.body = "body"});
    streamed.write("more");
    streamed.end();
    EXPECT_NE(client.read_until("\r\n\r\n").find("chunked"), std::string::npos);
    client.send("HEAD /later HTTP/1.1\r\nHost: x\r\n\r\n");
    replies.next().send(Response::text(200, "body"));
    EXPECT_NE(client.read_until("\r\n\r\n").find("Content-Length: 5"), std::string::npos);
    client.send(get_now);
    EXPECT_TRUE(client.read_until("now\n").starts_with("HTTP/1.1 200"));
}

TEST(HttpReplyCalls, AStreamThatHasNoBodyEndsWithItsHead) {
    RunningServer running;
    std::atomic<int> closed = 0;
    std::vector<HttpReply> kept;  // nobody ends it who does not know that it was HEAD
    running.server.http("GET", "/:status", [&](const Request& request, const HttpReply& reply) {
        reply.on_close([&] { ++closed; });
        const int status = std::stoi(std::string(request.parameter("status")));
        reply.begin({.status = status, .body = "body", .headers = {{"X-Own", "field"}}});
        EXPECT_FALSE(reply.alive());
        EXPECT_EQ(reply.write("more"), SendStatus::dropped);
        kept.push_back(reply);
    });
    running.start();
    RawClient client(running.port);
    for (const char* const line : {"HEAD /200", "GET /204", "GET /304", "HEAD /404"}) {
        client.send(std::string(line) + " HTTP/1.1\r\nHost: x\r\n\r\n");
        const std::string head = client.read_until("\r\n\r\n");
        EXPECT_EQ(head.substr(9, 3), std::string(line).substr(std::string(line).size() - 3));
        EXPECT_NE(head.find("X-Own: field"), std::string::npos) << head;
        EXPECT_EQ(head.find("Connection: close"), std::string::npos) << head;
    }
    while (closed != 4) std::this_thread::yield();
    running.stop();
}

TEST_F(HttpReplies, AStatusThatIsNoneHasTheBodyThatItsHeadSays) {
    RawClient client(running.port);
    for (int count = 0; count < 2; ++count) {
        client.send(get_later);
        replies.next().send({.status = 101, .body = "body"});
        const std::string head = client.read_until("\r\n\r\n");
        EXPECT_TRUE(head.starts_with("HTTP/1.1 500 ")) << head;
        EXPECT_NE(head.find("Content-Length: 4"), std::string::npos) << head;
        EXPECT_EQ(client.read(4), "body");
    }
}

TEST(HalfClosed, WhoeverAsksAndEndsTheirSideGetsTheAnswers) {
    RunningServer running;
    std::promise<HttpReply> given;
    running.server.http("GET", "/later", [&](const Request&, HttpReply reply) {
        reply.on_half_close({});
        given.set_value(std::move(reply));
    });
    running.server.http("GET", "/now", [](const Request&) { return Response::text(200, "now"); });
    running.start();
    RawClient client(running.port);
    client.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\nGET /now HTTP/1.1\r\nHost: x\r\n\r\nGET");
    client.shut();
    const HttpReply reply = given.get_future().get();
    EXPECT_TRUE(client.silent_for(std::chrono::milliseconds(50)));
    EXPECT_TRUE(reply.alive());
    reply.send(Response::text(200, "later"));
    const std::string all = client.read_all();
    EXPECT_NE(all.find("later\nHTTP/1.1 200"), std::string::npos) << all;
    EXPECT_TRUE(all.ends_with("now\n")) << all;
}

TEST(HalfClosed, WhatWaitedIsAnsweredAlsoWhereAHandlerRepliesAtOnce) {
    RunningServer running;
    std::promise<HttpReply> given;
    running.server.http("GET", "/later", [&](const Request&, HttpReply reply) {
        reply.on_half_close({});
        given.set_value(std::move(reply));
    });
    running.server.http("GET", "/:number", [](const Request& request, const HttpReply& reply) {
        reply.send(Response::text(200, request.parameter("number")));
    });
    running.start();
    RawClient client(running.port);
    for (const std::string_view path : {"/later", "/one", "/two", "/three"})
        client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    client.shut();
    given.get_future().get().send(Response::text(200, "later"));
    const std::string all = client.read_all();
    for (const std::string_view body : {"later\n", "one\n", "two\n", "three\n"})
        EXPECT_NE(all.find(body), std::string::npos) << body << all;
}

TEST(PreparedChunks, AreFramedOnceForManyThreads) {
    RunningServer running({.threads = 2});
    const PreparedChunk chunk("shared between all");
    EXPECT_EQ(chunk.size(), 18U);
    running.server.http("GET", "/stream", [&](const Request&, const HttpReply& reply) {
        reply.begin({});
        reply.write(chunk);
        reply.end();
    });
    running.start();
    std::vector<std::jthread> readers;
    for (int count = 0; count < 8; ++count)
        readers.emplace_back([&, version = count % 2] {
            RawClient client(running.port);
            client.send("GET /stream HTTP/1." + std::to_string(version) +
                        "\r\nHost: x\r\nConnection: close\r\n\r\n");
            EXPECT_TRUE(client.read_all().ends_with(
                version == 0 ? "\r\n\r\nshared between all"
                             : "\r\n\r\n12\r\nshared between all\r\n0\r\n\r\n"));
        });
}

TEST(HalfClosed, WhoeverBeginsTheAnswerLearnsWhetherTheClientIsThere) {
    RunningServer running;
    std::mutex mutex;
    std::vector<std::string> told;
    std::vector<HttpReply> replies;
    std::promise<void> gone;
    running.server.http("GET", "/:who", [&](const Request& request, HttpReply reply) {
        const std::string who(request.parameter("who"));
        const auto note = [&, who](const std::string& what) {
            const std::scoped_lock lock(mutex);
            told.push_back(who + " " + what);
        };
        reply.on_close([&, note] {
            note("gone");
            gone.set_value();
        });
        const std::scoped_lock lock(mutex);
        replies.push_back(reply);
        reply.on_half_close([&, note, index = replies.size() - 1] {
            note("half");
            const std::scoped_lock inner(mutex);
            replies[index].begin({.body = "begun "});
        });
    });
    running.start();
    RawClient stays(running.port);
    stays.send("GET /stays HTTP/1.1\r\nHost: x\r\n\r\n");
    stays.shut();
    EXPECT_NE(stays.read_until("begun ").find("HTTP/1.1 200"), std::string::npos);
    {
        RawClient goes(running.port);
        goes.send("GET /goes HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    gone.get_future().wait();
    {
        const std::scoped_lock lock(mutex);
        EXPECT_EQ(told, (std::vector<std::string>{"stays half", "goes half", "goes gone"}));
        replies.front().write("and ended");
        replies.front().end();
    }
    EXPECT_NE(stays.read_all().find("and ended"), std::string::npos);
    running.stop();
}

/// Writes until it is told to stop, and gives how much was taken.
std::size_t write_until_dropped(const HttpReply& reply) {
    const std::string piece(100'000, 'x');
    std::size_t taken = 0;
    for (int count = 0; count < 4000; ++count) {
        if (reply.write(piece) == SendStatus::dropped) return taken;
        taken += piece.size();
    }
    return 0;
}

TEST(HalfClosed, OneThatIsNotAnsweredInTimeIsTakenToHaveGone) {
    RunningServer running({.handshake_timeout = std::chrono::milliseconds(100)});
    std::promise<void> closed;
    HttpReply kept;
    running.server.http("GET", "/", [&](const Request&, HttpReply reply) {
        reply.on_half_close({});
        reply.on_close([&] { closed.set_value(); });
        kept = std::move(reply);
    });
    running.start();
    RawClient client(running.port);
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    client.shut();
    closed.get_future().wait();
    EXPECT_EQ(client.read_all(), "");
    running.stop();
}

TEST(HttpReplyWrites, SayWhatBecomesOfThemOnTheLoop) {
    RunningServer running;
    std::promise<std::size_t> taken;
    std::promise<void> closed;
    running.server.http("GET", "/", [&](const Request&, const HttpReply& reply) {
        EXPECT_EQ(reply.write("before"), SendStatus::dropped);
        reply.on_close([&] { closed.set_value(); });
        reply.begin({.body = std::string(2'000'000, 'b')}, 3'000'000);
        EXPECT_EQ(reply.write("first"), SendStatus::sent);
        taken.set_value(write_until_dropped(reply));
        EXPECT_EQ(reply.write("later"), SendStatus::dropped);
    });
    running.start();
    RawClient client(running.port);
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_GT(taken.get_future().get(), 0U);
    closed.get_future().wait();
    EXPECT_FALSE(client.read_all().ends_with("0\r\n\r\n"));
}

TEST(HttpReplyWrites, SayWhatBecomesOfThemOnOtherThreads) {
    RunningServer running;
    std::promise<HttpReply> given;
    std::promise<void> closed;
    running.server.http("GET", "/", [&](const Request&, HttpReply reply) {
        reply.on_close([&] { closed.set_value(); });
        given.set_value(std::move(reply));
    });
    running.start();
    RawClient client(running.port);
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const HttpReply reply = given.get_future().get();
    EXPECT_EQ(reply.write("before"), SendStatus::dropped);
    reply.begin({}, 1'000'000);
    const std::size_t taken = write_until_dropped(reply);
    // The framing counts too, and a piece counts twice for the moment in which the loop takes it.
    EXPECT_GE(taken, 800'000U);
    EXPECT_EQ(reply.write("later"), SendStatus::dropped);
    reply.end();
    closed.get_future().wait();
    // All that was taken until then was sent, as far as the kernel took it; and no end is feigned.
    EXPECT_FALSE(client.read_all().ends_with("0\r\n\r\n"));
}

TEST(HttpReplyWrites, OnOtherThreadsAreBoundedByTheServersMemoryToo) {
    constexpr std::size_t most = std::size_t{4} << 20;
    RunningServer running({.threads = 1, .max_memory = most});
    std::promise<HttpReply> given;
    std::promise<void> release;
    running.server.http("GET", "/", [&](const Request&, HttpReply reply) {
        given.set_value(std::move(reply));
        release.get_future().wait();
    });
    running.start();
    RawClient client(running.port);
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    const HttpReply reply = given.get_future().get();
    reply.begin({}, 10 * most);
    const std::size_t taken = write_until_dropped(reply);
    EXPECT_LE(taken, most / 2);
    EXPECT_GE(taken, most / 4);
    EXPECT_GE(running.server.counts().held, taken);
    release.set_value();
    EXPECT_FALSE(client.read_all().ends_with("0\r\n\r\n"));
}

TEST(HttpReplyWrites, OfAThreadThatWaitsForRoomAllArrive) {
    RunningServer running;
    std::promise<HttpReply> given;
    running.server.http(
        "GET", "/", [&](const Request&, HttpReply reply) { given.set_value(std::move(reply)); });
    running.start();
    RawClient client(running.port);
    client.send("GET / HTTP/1.0\r\n\r\n");
    std::thread writer([reply = given.get_future().get()] {
        reply.begin({}, 400'000);
        const std::string piece(100'000, 'x');
        for (int count = 0; count < 100; ++count) {
            if (reply.write(piece) == SendStatus::buffered)
                while (reply.alive() && reply.buffered_amount() > 200'000)
                    std::this_thread::yield();
        }
        reply.end();
    });
    const std::string all = client.read_all();
    EXPECT_EQ(all.size() - all.find("\r\n\r\n") - 4, 10'000'000U);
    writer.join();
}

TEST(HttpReplyWrites, OfHttp10ThatAreCutEndInAReset) {
    RunningServer running;
    std::promise<HttpReply> given;
    running.server.http(
        "GET", "/", [&](const Request&, HttpReply reply) { given.set_value(std::move(reply)); });
    running.start();
    RawClient client(running.port);
    client.send("GET / HTTP/1.0\r\n\r\n");
    {
        const HttpReply reply = given.get_future().get();
        reply.begin({.body = "half"});
    }
    client.read_all();
    EXPECT_TRUE(client.was_reset());
}

TEST_F(HttpReplies, WithoutAnAnswerItIs500) {
    RawClient client(running.port);
    client.send(get_later);
    (void)replies.next();
    EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 500"));
    EXPECT_FALSE(client.read_until("\n").empty());
    client.send("GET /throws HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 500"));
}

TEST_F(HttpReplies, AStreamThatIsDroppedIsCutAndNotEnded) {
    RawClient client(running.port);
    client.send(get_later);
    {
        const HttpReply reply = replies.next();
        reply.begin({.body = "half"});
    }
    EXPECT_TRUE(client.read_all().ends_with("4\r\nhalf\r\n"));
}

TEST_F(HttpReplies, OnlyTheFirstAnswerCounts) {
    RawClient client(running.port);
    client.send(get_later);
    const HttpReply reply = replies.next();
    reply.send(Response::text(200, "first"));
    reply.send(Response::text(200, "second"));
    reply.begin({});
    reply.write("third");
    reply.end();
    EXPECT_NE(client.read_until("first\n").find("200 OK"), std::string::npos);
    EXPECT_FALSE(reply.alive());
    client.send(get_now);
    EXPECT_TRUE(client.read_until("now\n").starts_with("HTTP/1.1 200"));
}

TEST_F(HttpReplies, TellsOfAClientThatHasGone) {
    HttpReply reply;
    {
        RawClient client(running.port);
        client.send(get_later);
        reply = replies.next();
        reply.begin({.body = "x"});
        client.read_until("x\r\n");
    }
    replies.closed.get_future().wait();
    EXPECT_FALSE(reply.alive());
    reply.write("nobody");
    reply.end();
}

TEST_F(HttpReplies, AClientThatDoesNotReadIsCutAtTheBound) {
    RawClient client(running.port);
    client.send(get_later);
    const HttpReply reply = replies.next();
    reply.begin({}, 100'000);
    const PreparedChunk chunk(std::string(50'000, 'x'));
    auto closed = replies.closed.get_future();
    while (closed.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
        reply.write(chunk);
    EXPECT_FALSE(reply.alive());
}

TEST_F(HttpReplies, AClientThatReadsGetsAllOfIt) {
    RawClient client(running.port);
    client.send(get_later);
    const HttpReply reply = replies.next();
    reply.begin({}, std::size_t{1} << 30U);
    std::string expected;
    for (int count = 0; count < 10'000; ++count) {
        const std::string line = "event " + std::to_string(count) + "\n";
        reply.write(line);
        expected += line;
    }
    reply.end();
    client.read_until("\r\n\r\n");
    std::string body;
    for (;;) {
        const std::string size = client.read_until("\r\n");
        const std::size_t count = std::stoul(size, nullptr, 16);
        if (count == 0) break;
        body += client.read(count);
        client.read(2);
    }
    EXPECT_EQ(body, expected);
}

TEST_F(HttpReplies, StoppingTheServerEndsWhatIsUnderWay) {
    HttpReply later;
    HttpReply stream;
    {
        RawClient waiting(running.port);
        waiting.send(get_later);
        later = replies.next();
        RawClient streaming(running.port);
        streaming.send(get_later);
        stream = replies.next();
        stream.begin({.body = "half"});
        streaming.read_until("half\r\n");
        running.server.stop();
        EXPECT_TRUE(waiting.read_all().starts_with("HTTP/1.1 503"));
        EXPECT_EQ(streaming.read_all(), "");
    }
    running.stop();
    EXPECT_FALSE(later.alive());
    EXPECT_FALSE(stream.alive());
    later.send({});
}

TEST_F(HttpReplies, OutliveTheServer) {
    HttpReply kept;
    {
        Replies its;
        RunningServer other;
        other.server.http("GET", "/later", its.handler());
        other.start();
        RawClient client(other.port);
        client.send(get_later);
        kept = its.next();
        other.stop();
    }
    EXPECT_FALSE(kept.alive());
    kept.send({});
    kept = {};
}

TEST(HttpReplyThreads, ManyThreadsWriteToManyClientsThatComeAndGo) {
    set_log_sink([](LogLevel, std::string_view) {});
    std::mutex mutex;
    std::vector<HttpReply> replies;
    std::atomic<bool> over = false;
    RunningServer running({.threads = 2});
    running.server.http("GET", "/later", [&](const Request&, HttpReply reply) {
        reply.begin({});
        const std::scoped_lock lock(mutex);
        replies.push_back(std::move(reply));
    });
    running.start();
    std::vector<std::thread> writers;
    for (int count = 0; count < 2; ++count)
        writers.emplace_back([&] {
            const PreparedChunk chunk("event");
            while (!over) {
                const std::scoped_lock lock(mutex);
                std::erase_if(replies, [](const HttpReply& reply) { return !reply.alive(); });
                for (const HttpReply& reply : replies) reply.write(chunk);
            }
        });
    for (int round = 0; round < 30; ++round) {
        RawClient first(running.port);
        RawClient second(running.port);
        first.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
        second.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_NE(first.read_until("event").find("200 OK"), std::string::npos);
        EXPECT_NE(second.read_until("event").find("200 OK"), std::string::npos);
    }
    over = true;
    for (std::thread& writer : writers) writer.join();
    running.stop();
    set_log_sink({});
}

}  // namespace
}  // namespace longwire
