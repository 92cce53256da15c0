// Calls to real servers: one that answers as it should, and ones that a test writes every byte of.
#include "hooks/http_caller.hpp"

#include "certificates.hpp"
#include "raw_server.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <future>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace longwire::hooks {
namespace {

using namespace std::chrono_literals;
using Outcome = Result<HttpCallAnswer>;

std::future<Outcome> start(HttpCaller& caller, HttpCall call) {
    std::promise<Outcome> promise;
    auto future = promise.get_future();
    caller.call(std::move(call), [promise = std::move(promise)](Outcome outcome) mutable {
        promise.set_value(std::move(outcome));
    });
    return future;
}

/// An error where nothing came in 20 seconds.
Outcome wait_for(std::future<Outcome>& future) {
    if (future.wait_for(20s) != std::future_status::ready)
        return failure(ErrorCode::unsupported, "the call was never answered");
    return future.get();
}

Outcome call(HttpCaller& caller, HttpCall call) {
    auto future = start(caller, std::move(call));
    return wait_for(future);
}

ErrorCode code_of(const Outcome& outcome) {
    EXPECT_FALSE(outcome);
    return outcome ? ErrorCode::unsupported : outcome.error().code();
}

/// What a test's server was sent.
struct Seen {
    std::string body;
    std::string type;
    std::string user_agent;
    std::string more;
};

struct HttpCalls : testing::Test {
    HttpCalls() {
        set_log_sink([](LogLevel, std::string_view) {});
        running.server
            .http("POST", "/hook",
                  [this](const Request& request) {
                      const std::scoped_lock lock(mutex);
                      peers.insert(std::string(request.peer()));
                      seen = {.body = std::string(request.body()),
                              .type = std::string(request.header("Content-Type").value_or("")),
                              .user_agent = std::string(request.header("User-Agent").value_or("")),
                              .more = std::string(request.header("X-More").value_or("(none)"))};
                      return Response::json(201, "{}").with("Retry-After", "7");
                  })
            .http("GET", "/moved",
                  [](const Request&) {
                      return Response::text(302, "elsewhere").with("Location", "/hook");
                  })
            .http("POST", "/large",
                  [](const Request&) { return Response::text(200, std::string(70'000, 'x')); })
            .http("POST", "/later", [this](const Request&, HttpReply reply) {
                const std::scoped_lock lock(mutex);
                held.push_back(std::move(reply));
                most_held = std::max(most_held, held.size());
            });
        running.start();
    }
    ~HttpCalls() override {
        {
            const std::scoped_lock lock(mutex);
            held.clear();
        }
        running.stop();
        set_log_sink({});
    }

    [[nodiscard]] std::string url(const std::string& path) const {
        return "http://" + running.address + path;
    }
    /// Answers so many of those held, when they are there.
    void answer_held(std::size_t count) {
        while (count > 0) {
            HttpReply reply;
            {
                const std::scoped_lock lock(mutex);
                if (!held.empty()) {
                    reply = std::move(held.back());
                    held.pop_back();
                    --count;
                }
            }
            reply.send(Response::text(200, "at last"));
            std::this_thread::yield();
        }
    }
    [[nodiscard]] std::size_t held_now() {
        const std::scoped_lock lock(mutex);
        return held.size();
    }

    std::mutex mutex;
    Seen seen;
    std::set<std::string> peers;
    std::vector<HttpReply> held;
    std::size_t most_held = 0;
    RunningServer running;
};

TEST_F(HttpCalls, SendWhatTheyAreGivenAndGiveWhatIsAnswered) {
    HttpCaller caller;
    const std::string body = std::string("{\"a\": \0 1}", 10) + std::string(5000, ' ');
    const auto answer =
        call(caller, {.url = url("/hook"),
                      .headers = {{"Content-Type", "application/json"}, {"X-More", ""}},
                      .body = body});
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->status, 201);
    EXPECT_EQ(answer->body, "{}");
    EXPECT_EQ(answer->header("retry-after"), "7");
    EXPECT_EQ(answer->header("Nothing"), "");
    EXPECT_EQ(seen.body, body);
    EXPECT_EQ(seen.type, "application/json");
    EXPECT_EQ(seen.more, "");
    EXPECT_TRUE(seen.user_agent.starts_with("longwire/"));
}

TEST_F(HttpCalls, ComeOverOneConnectionOneAfterTheOther) {
    HttpCaller caller;
    for (int count = 0; count < 5; ++count) ASSERT_TRUE(call(caller, {.url = url("/hook")}));
    EXPECT_EQ(peers.size(), 1U);
    EXPECT_EQ(caller.counts().answered, 5U);
    EXPECT_EQ(caller.counts().running, 0U);
}

TEST_F(HttpCalls, SendNoFieldsThatNobodyGave) {
    RawServer server;
    HttpCaller caller;
    auto future = start(caller, {.url = "http://" + server.host() + "/", .body = "hi"});
    RawConnection connection = server.accept();
    const std::string head = connection.read_until("\r\n\r\n");
    EXPECT_EQ(head.find("Content-Type"), std::string::npos);
    EXPECT_EQ(head.find("Expect"), std::string::npos);
    EXPECT_EQ(field_in(head, "Content-Length"), "2");
    connection.send("HTTP/1.1 204 No Content\r\n\r\n");
    EXPECT_EQ(wait_for(future)->status, 204);
}

TEST_F(HttpCalls, FollowNoRedirects) {
    HttpCaller caller;
    const auto answer = call(caller, {.method = "GET", .url = url("/moved")});
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 302);
    EXPECT_TRUE(peers.empty());
}

TEST_F(HttpCalls, ThatHttpDoesNotAllowAreRefusedAtOnce) {
    HttpCaller caller;
    for (const char* const wrong : {"", "hello", "ftp://localhost/", "file:///etc/passwd",
                                    "gopher://localhost/", "http://", "http:// /"})
        EXPECT_EQ(code_of(call(caller, {.url = wrong})), ErrorCode::invalid_url) << wrong;
    EXPECT_EQ(code_of(call(caller, {.method = "POST / HTTP/1.1\r\nX: y", .url = url("/hook")})),
              ErrorCode::invalid_argument);
    EXPECT_EQ(
        code_of(call(caller, {.url = url("/hook"), .headers = {{"X-More", "a\r\nX-Evil: b"}}})),
        ErrorCode::invalid_argument);
    EXPECT_EQ(code_of(call(caller, {.url = url("/hook"), .headers = {{"X-More:", "a"}}})),
              ErrorCode::invalid_argument);
    EXPECT_TRUE(peers.empty());
}

TEST_F(HttpCalls, SayThatNobodyListens) {
    std::string nobody;
    {
        const RawServer server;
        nobody = server.host();
    }
    HttpCaller caller;
    const auto outcome =
        call(caller, {.url = "http://ann:secret@" + nobody + "/hook?token=secret"});
    EXPECT_EQ(code_of(outcome), ErrorCode::connection_refused);
    EXPECT_TRUE(outcome.error().message().starts_with("POST http://" + nobody + "/hook: "));
    EXPECT_EQ(outcome.error().message().find("secret"), std::string::npos);
}

TEST_F(HttpCalls, GiveUpWhenTheirTimeIsOver) {
    HttpCaller caller;
    EXPECT_EQ(code_of(call(caller, {.url = url("/later"), .timeout = 50ms})), ErrorCode::timed_out);
    // One whose answer comes a byte at a time has no more of it.
    RawServer server;
    auto future = start(caller, {.url = "http://" + server.host() + "/", .timeout = 200ms});
    RawConnection connection = server.accept();
    connection.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (connection.send("x") && future.wait_for(20ms) != std::future_status::ready) {
    }
    EXPECT_EQ(code_of(wait_for(future)), ErrorCode::timed_out);
}

TEST_F(HttpCalls, RefuseAnswersThatAreTooLargeOrHaveNoEnd) {
    HttpCaller caller;
    EXPECT_EQ(code_of(call(caller, {.url = url("/large")})), ErrorCode::connection_failed);

    const auto flood = [&caller](std::string_view begin, std::string_view more) {
        RawServer server;
        auto future = start(caller, {.url = "http://" + server.host() + "/", .timeout = 15s});
        RawConnection connection = server.accept();
        connection.read_until("\r\n\r\n");
        connection.send(begin);
        while (connection.send(more)) {
        }
        const auto outcome = wait_for(future);
        EXPECT_EQ(code_of(outcome), ErrorCode::connection_failed);
        EXPECT_NE(outcome.error().message().find("more than 65536 bytes"), std::string::npos)
            << outcome.error().message();
    };
    const std::string kibibyte(1024, 'x');
    flood("HTTP/1.1 200 OK\r\n\r\n", kibibyte);
    flood("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "400\r\n" + kibibyte + "\r\n");
    flood("HTTP/1.1 200 OK\r\n", "X-Field: " + kibibyte + "\r\n");
    flood("", "HTTP/1.1 100 Continue\r\nX-Field: " + kibibyte + "\r\n\r\n");
}

TEST_F(HttpCalls, RefuseWhatIsNotHttp) {
    HttpCaller caller;
    for (const char* const answer :
         {"", "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"}) {
        RawServer server;
        auto future = start(caller, {.url = "http://" + server.host() + "/"});
        {
            RawConnection connection = server.accept();
            connection.read_until("\r\n\r\n");
            connection.send(answer);
        }
        EXPECT_EQ(code_of(wait_for(future)), ErrorCode::connection_failed) << answer;
    }
}

TEST_F(HttpCalls, RunSoManyAtATimeAndNoMore) {
    HttpCaller caller({.most_at_once = 3, .most_waiting = 5});
    std::vector<std::future<Outcome>> futures;
    for (int count = 0; count < 3; ++count)
        futures.push_back(start(caller, {.url = url("/later"), .timeout = 20s}));
    while (held_now() < 3) std::this_thread::yield();
    for (int count = 0; count < 5; ++count)
        futures.push_back(start(caller, {.url = url("/later"), .timeout = 20s}));
    EXPECT_EQ(caller.counts().waiting, 5U);
    EXPECT_EQ(code_of(call(caller, {.url = url("/later")})), ErrorCode::cancelled);
    answer_held(8);
    for (auto& future : futures) EXPECT_EQ(wait_for(future)->body, "at last\n");
    EXPECT_EQ(most_held, 3U);
}

TEST_F(HttpCalls, ThatWaitForAPlaceGiveUpToo) {
    HttpCaller caller({.most_at_once = 1});
    auto first = start(caller, {.url = url("/later"), .timeout = 20s});
    while (held_now() < 1) std::this_thread::yield();
    EXPECT_EQ(code_of(call(caller, {.url = url("/hook"), .timeout = 30ms})), ErrorCode::timed_out);
    EXPECT_TRUE(peers.empty());
    answer_held(1);
    EXPECT_TRUE(wait_for(first));
}

TEST_F(HttpCalls, EndWithTheirCaller) {
    HttpCaller caller({.most_at_once = 1});
    auto running_one = start(caller, {.url = url("/later"), .timeout = 20s});
    auto waiting_one = start(caller, {.url = url("/hook"), .timeout = 20s});
    while (held_now() < 1) std::this_thread::yield();
    caller.end();
    EXPECT_EQ(code_of(wait_for(running_one)), ErrorCode::cancelled);
    EXPECT_EQ(code_of(wait_for(waiting_one)), ErrorCode::cancelled);
    EXPECT_EQ(code_of(call(caller, {.url = url("/hook")})), ErrorCode::cancelled);
}

TEST_F(HttpCalls, MayCallAgainFromTheirAnswer) {
    HttpCaller caller;
    std::promise<Outcome> promise;
    caller.call({.url = url("/hook")}, [&](Outcome) {
        caller.call({.url = url("/hook")},
                    [&](Outcome outcome) { promise.set_value(std::move(outcome)); });
    });
    auto future = promise.get_future();
    EXPECT_TRUE(wait_for(future));
}

TEST_F(HttpCalls, AreMadeFromAnyThread) {
    HttpCaller caller({.most_at_once = 4});
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([&] {
            for (int count = 0; count < 25; ++count)
                if (call(caller, {.url = url("/hook")})) ++good;
        });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(good, 100);
    EXPECT_LE(peers.size(), 4U);
}

TEST_F(HttpCalls, UseNoProxyOfTheEnvironment) {
    const RawServer proxy;
    setenv("http_proxy", ("http://" + proxy.host()).c_str(), 1);
    HttpCaller caller;
    EXPECT_TRUE(call(caller, {.url = url("/hook")}));
    unsetenv("http_proxy");
}

TEST_F(HttpCalls, VerifyCertificates) {
    Certificates certificates;
    RunningServer secure;
    secure.server.http("POST", "/", [](const Request&) { return Response::text(200, "safe"); });
    ListenOptions where;
    where.tls.emplace().certificates.push_back(certificates.issue("site"));
    secure.start(where);
    const std::string port = std::to_string(secure.port);
    HttpCaller trusting({.roots_file = certificates.root_file()});
    const auto answer = call(trusting, {.url = "https://localhost:" + port + "/"});
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->body, "safe\n");
    HttpCaller strict;
    EXPECT_EQ(code_of(call(strict, {.url = "https://localhost:" + port + "/"})),
              ErrorCode::certificate_rejected);
    EXPECT_EQ(code_of(call(trusting, {.url = "https://127.0.0.2:" + port + "/"})),
              ErrorCode::connection_refused);
    HttpCaller lost({.roots_file = certificates.file("nothing.pem")});
    EXPECT_EQ(code_of(call(lost, {.url = "https://localhost:" + port + "/"})),
              ErrorCode::certificate_unusable);
    // The other end speaks no TLS.
    EXPECT_EQ(code_of(call(trusting, {.url = "https://" + running.address + "/"})),
              ErrorCode::tls_failed);
}

TEST_F(HttpCalls, RefuseACertificateOfAnotherName) {
    Certificates certificates;
    RunningServer secure;
    ListenOptions where;
    where.tls.emplace().certificates.push_back(
        certificates.issue("other", {.names = "DNS:elsewhere.example"}));
    secure.start(where);
    HttpCaller caller({.roots_file = certificates.root_file()});
    EXPECT_EQ(code_of(call(caller, {.url = "https://localhost:" + std::to_string(secure.port)})),
              ErrorCode::certificate_rejected);
}

}  // namespace
}  // namespace longwire::hooks
