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
