// What an access log is told: of each request and each WebSocket connection, once, when it is over.
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire {
namespace {

struct AccessRecords : testing::Test {
    AccessRecords() : running(options()) {
        set_log_sink({});
        WebSocketHandlers echo = echo_handlers();
        echo.on_open = [](WebSocket& socket, const Request&) { socket.subscribe("all"); };
        echo.on_upgrade = [](Upgrade& upgrade) {
            if (upgrade.request().query("no")) upgrade.refuse(403, "no");
            if (!upgrade.request().query("later")) return;
            const HttpReply reply = upgrade.answer_later();
            reply.name_user("bob");
            reply.send(upgrade.request().query("later") == "no" ? Response::text(401, "no")
                                                                : Response{.status = 101});
        };
        running.server
            .on_access([this](const AccessRecord& record) {
                const std::scoped_lock lock(mutex);
                records.push_back(record);
                came.notify_all();
            })
            .websocket("/echo", echo, {.subprotocols = {"chat"}})
            .websocket("/coroutine",
                       [](WebSocket& socket) -> Task<> {
                           socket.name_user("carol");
                           while (const auto message = co_await socket.receive())
                               co_await socket.send(*message);
                       })
            .websocket("/closes", {.on_open =
                                       [](WebSocket& socket, const Request&) {
                                           socket.close(CloseCode::policy_violation, "too slow");
                                       }})
            .http("GET", "/now", [](const Request&) { return Response::text(200, "now"); })
            .http("POST", "/now", [](const Request&) { return Response::text(200, "now"); })
            .http("GET", "/later",
                  [this](const Request&, HttpReply reply) {
                      reply.name_user("alice");
                      const std::scoped_lock lock(mutex);
                      later = std::move(reply);
                      came.notify_all();
                  })
            .http("GET", "/streams",
                  [this](const Request&, const HttpReply& reply) {
                      reply.begin({.body = "first"});
                      const std::scoped_lock lock(mutex);
                      later = reply;
                      came.notify_all();
                  })
            .http("GET", "/rooms/:room/:session/now",
                  [](const Request&) { return Response::text(200, "now"); })
            .websocket("/join/:token", echo)
            .http("GET", "/throws",
                  [](const Request&) -> Response { throw std::runtime_error("on purpose"); });
        running.start();
    }
    ~AccessRecords() override {
        {
            const std::scoped_lock lock(mutex);
            later = {};
        }
        running.stop();
    }

    static ServerOptions options() {
        ServerOptions options;
        options.handshake_timeout = std::chrono::milliseconds(200);
        options.max_request_head = 8192;
        return options;
    }

    /// The next record, in the order in which they came.
    AccessRecord next() {
        std::unique_lock lock(mutex);
        if (!came.wait_for(lock, std::chrono::seconds(20), [&] { return !records.empty(); })) {
            ADD_FAILURE() << "no record came";
            return {};
        }
        AccessRecord first = std::move(records.front());
        records.erase(records.begin());
        return first;
    }
    HttpReply reply() {
        std::unique_lock lock(mutex);
        came.wait_for(lock, std::chrono::seconds(20), [&] { return later.alive(); });
        return std::exchange(later, {});
    }
    AccessRecord of(std::string_view request) {
        RawClient client(running.port);
        client.send(request);
        return next();
    }

    std::mutex mutex;
    std::condition_variable came;
    std::vector<AccessRecord> records;
    HttpReply later;
    RunningServer running;
};

TEST_F(AccessRecords, OfARequestSayWhoAskedForWhatAndWhatCameOfIt) {
    RawClient client(running.port);
    const std::string request =
        "GET /now?a=b HTTP/1.1\r\nHost: x\r\nUser-Agent: test/1\r\nOrigin: http://x\r\n\r\n";
    client.send(request);
    const std::string answer = client.read_until("now\n");
    const AccessRecord record = next();
    EXPECT_TRUE(record.peer.starts_with("127.0.0.1:")) << record.peer;
    EXPECT_EQ(record.method, "GET");
    EXPECT_EQ(record.target, "/now?a=b");
    EXPECT_EQ(record.minor_version, 1);
    EXPECT_FALSE(record.secure);
    EXPECT_EQ(record.status, 200);
    EXPECT_EQ(record.bytes_received, request.size());
    EXPECT_EQ(record.bytes_sent, answer.size());
    EXPECT_EQ(record.user_agent, "test/1");
    EXPECT_EQ(record.origin, "http://x");
    EXPECT_EQ(record.user, "");
    EXPECT_LT(record.duration, std::chrono::seconds(10));
    EXPECT_FALSE(record.refused);
    EXPECT_FALSE(record.websocket);
}

TEST_F(AccessRecords, CountEachOfSeveralRequestsOfAConnectionByItself) {
    RawClient client(running.port);
    const std::string first = "POST /now HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
    const std::string second = "GET /now HTTP/1.0\r\n\r\n";
    client.send(first + second);
    EXPECT_EQ(next().bytes_received, first.size());
    const AccessRecord record = next();
    EXPECT_EQ(record.bytes_received, second.size());
    EXPECT_EQ(record.minor_version, 0);
}

TEST_F(AccessRecords, TellOfWhatIsNotThereAndOfWhatWentWrong) {
    EXPECT_EQ(of("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n").status, 404);
    EXPECT_EQ(of("DELETE /now HTTP/1.1\r\nHost: x\r\n\r\n").status, 405);
    EXPECT_EQ(of("GET /throws HTTP/1.1\r\nHost: x\r\n\r\n").status, 500);
    const AccessRecord broken = of("nonsense\r\n\r\n");
    EXPECT_EQ(broken.status, 400);
    EXPECT_EQ(broken.method, "");
    EXPECT_TRUE(broken.peer.starts_with("127.0.0.1:")) << broken.peer;
    const AccessRecord slow = of("GET /now HTTP/1.1\r\n");
    EXPECT_EQ(slow.status, 408);
    EXPECT_EQ(slow.refused, HandshakeFailure::timeout);
    EXPECT_EQ(slow.bytes_received, 19);
}

TEST_F(AccessRecords, TellOfAnAnswerWhenItIsComplete) {
    RawClient client(running.port);
    client.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    reply().send(Response::text(201, "later"));
    const std::string answer = client.read_until("later\n");
    AccessRecord record = next();
    EXPECT_EQ(record.status, 201);
    EXPECT_EQ(record.user, "alice");
    EXPECT_EQ(record.bytes_sent, answer.size());
    client.send("GET /streams HTTP/1.1\r\nHost: x\r\n\r\n");
    const HttpReply streaming = reply();
    std::string streamed = client.read_until("first\r\n");
    streaming.write("second");
    streaming.end();
    streamed += client.read_until("0\r\n\r\n");
    record = next();
    EXPECT_EQ(record.status, 200);
    EXPECT_EQ(record.bytes_sent, streamed.size());
}

TEST_F(AccessRecords, TellOfThoseWhoGoBeforeTheirAnswer) {
    RawClient client(running.port);
    client.send("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    const HttpReply kept = reply();
    client.vanish();
    EXPECT_EQ(next().status, 499);
    RawClient reader(running.port);
    reader.send("GET /streams HTTP/1.1\r\nHost: x\r\n\r\n");
    const HttpReply streaming = reply();
    const std::string head = reader.read_until("first\r\n");
    reader.shut();
    const AccessRecord cut = next();
    EXPECT_EQ(cut.status, 200);
    EXPECT_EQ(cut.bytes_sent, head.size());
}

TEST_F(AccessRecords, OfAWebSocketComeWhenItHasClosed) {
    RawClient client(running.port);
    const std::string head = client.upgrade("/echo", "Sec-WebSocket-Protocol: chat\r\n");
    client.send(client_frame(text, "hello"));
    EXPECT_EQ(client.read(7), "\x81\x05hello");
    running.server.publish("all", "to all");
    EXPECT_EQ(client.read(8), "\x81\x06to all");
    {
        const std::scoped_lock lock(mutex);
        EXPECT_TRUE(records.empty());
    }
    client.send(client_frame(close_opcode, close_payload(4001, "enough")));
    EXPECT_EQ(client.read(4), server_frame(close_opcode, close_payload(4001)));
    const AccessRecord record = next();
    EXPECT_EQ(record.status, 101);
    EXPECT_EQ(record.target, "/echo");
    EXPECT_EQ(record.bytes_sent, head.size() + 7 + 8 + 4);
    // Beside the request, a frame of 11 bytes and one of 14.
    const std::size_t request = 182;
    EXPECT_EQ(record.bytes_received, request + 11 + 14);
    ASSERT_TRUE(record.websocket);
    EXPECT_EQ(record.websocket->subprotocol, "chat");
    EXPECT_EQ(to_number(record.websocket->code), 4001);
    EXPECT_EQ(record.websocket->reason, "enough");
    EXPECT_FALSE(record.websocket->server_code);
    EXPECT_EQ(record.websocket->messages_received, 1);
    EXPECT_EQ(record.websocket->messages_sent, 2);
}

TEST_F(AccessRecords, OfACoroutineAreTheSame) {
    RawClient client(running.port);
    client.upgrade("/coroutine");
    client.send(client_frame(text, "one ", false) + client_frame(continuation, "message"));
    EXPECT_EQ(client.read(13), "\x81\x0bone message");
    client.vanish();
    const AccessRecord record = next();
    ASSERT_TRUE(record.websocket);
    EXPECT_EQ(record.user, "carol");
    EXPECT_EQ(record.websocket->code, CloseCode::abnormal_closure);
    EXPECT_EQ(record.websocket->messages_received, 1);
    EXPECT_EQ(record.websocket->messages_sent, 1);
}

TEST_F(AccessRecords, SayWhatTheServerClosedItWith) {
    RawClient client(running.port);
    client.upgrade("/closes");
    client.vanish();
    const AccessRecord record = next();
    ASSERT_TRUE(record.websocket);
    EXPECT_EQ(record.websocket->code, CloseCode::abnormal_closure);
    EXPECT_EQ(record.websocket->server_code, CloseCode::policy_violation);
    EXPECT_EQ(record.websocket->reason, "too slow");
}

TEST_F(AccessRecords, SayWhyAHandshakeWasRefused) {
    const auto refused = [&](std::string_view path, std::string_view fields = "") {
        RawClient client(running.port);
        client.upgrade(path, fields);
        return next();
    };
    AccessRecord record = refused("/echo", "Origin: http://elsewhere\r\n");
    EXPECT_EQ(record.status, 403);
    EXPECT_EQ(record.refused, HandshakeFailure::origin);
    EXPECT_FALSE(record.websocket);
    EXPECT_EQ(refused("/echo?no=1").refused, HandshakeFailure::program);
    record = refused("/echo?later=no");
    EXPECT_EQ(record.refused, HandshakeFailure::program);
    EXPECT_EQ(record.status, 401);
    EXPECT_EQ(record.user, "bob");
    EXPECT_EQ(refused("/nothing").refused, HandshakeFailure::no_route);
    EXPECT_EQ(refused("/echo", "Upgrade: h2c\r\nSec-WebSocket-Key: x\r\n").refused,
              HandshakeFailure::malformed);
    EXPECT_EQ(of("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n").refused, HandshakeFailure::version);
}

TEST_F(AccessRecords, KnowTheUserOfAHandshakeThatWasDecidedLater) {
    RawClient client(running.port);
    client.upgrade("/echo?later=yes");
    client.send(client_frame(close_opcode, close_payload(1000)));
    const AccessRecord record = next();
    EXPECT_EQ(record.user, "bob");
    EXPECT_TRUE(record.websocket);
}

TEST_F(AccessRecords, HideTheValuesOfSecretsInAQuery) {
    const auto shown = [&](std::string_view target) {
        return of("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n").target;
    };
    EXPECT_EQ(shown("/now?token=abc&a=b"), "/now?token=***&a=b");
    EXPECT_EQ(shown("/now?a=b&access_token=a=b"), "/now?a=b&access_token=***");
    EXPECT_EQ(shown("/now?%74oKen=abc"), "/now?%74oKen=***");
    EXPECT_EQ(shown("/now?auth_key=k&auth_signature=s&body_md5=m"),
              "/now?auth_key=***&auth_signature=***&body_md5=m");
    EXPECT_EQ(shown("/now?EIO=4&sid=abc"), "/now?EIO=4&sid=***");
    EXPECT_EQ(shown("/now?token&keyboard=de&&x="), "/now?token&keyboard=de&&x=");
    EXPECT_EQ(shown("/now?"), "/now?");
    EXPECT_EQ(shown("/token=x"), "/token=x");
}

TEST_F(AccessRecords, HideTheValuesOfSecretsInAPath) {
    const auto shown = [&](std::string_view method, std::string_view target) {
        return of(std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n")
            .target;
    };
    EXPECT_EQ(shown("GET", "/rooms/red/abc/now?sid=d"), "/rooms/red/***/now?sid=***");
    EXPECT_EQ(shown("GET", "/rooms/red/%61bc/now"), "/rooms/red/***/now");
    EXPECT_EQ(shown("GET", "/rooms/red%2Fabc/now"), "/rooms/***/now");
    EXPECT_EQ(shown("POST", "/rooms/red/abc/now"), "/rooms/red/***/now");
    EXPECT_EQ(shown("GET", "/rooms/red/abc/then"), "/rooms/red/abc/then");
    EXPECT_EQ(shown("GET", "/join/abc"), "/join/***");
}

TEST_F(AccessRecords, AreShortHoweverLongWhatCameIs) {
    const AccessRecord record =
        of("GET /now?" + std::string(3000, 'x') +
           " HTTP/1.1\r\nHost: x\r\nUser-Agent: " + std::string(3000, 'y') + "\r\n\r\n");
    EXPECT_EQ(record.target.size(), AccessRecord::longest_target);
    EXPECT_TRUE(record.target.ends_with("xxx...")) << record.target;
    EXPECT_EQ(record.user_agent.size(), AccessRecord::longest_text);
}

TEST(AccessRecord, MayComeFromASinkThatThrows) {
    set_log_sink({});
    RunningServer running;
    running.server.on_access([](const AccessRecord&) { throw std::runtime_error("on purpose"); })
        .http("GET", "/", [](const Request&) { return Response::text(200, "still here"); });
    running.start();
    RawClient client(running.port);
    for (int count = 0; count < 2; ++count) {
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        EXPECT_NE(client.read_until("still here\n").find("200 OK"), std::string::npos);
    }
}

}  // namespace
}  // namespace longwire
