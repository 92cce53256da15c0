// Tests without ports and without waiting: what longwire/testing.hpp promises.
#include "running_server.hpp"

#include <gtest/gtest.h>
#include <longwire/testing.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace longwire {
namespace {

using namespace std::chrono_literals;

TEST(TestServer, EchoesAMessage) {
    Server server;
    server.websocket("/echo", echo_handlers());
    TestServer test(server);
    TestClient client = test.connect("/echo");
    ASSERT_EQ(client.ready_state(), ReadyState::open);
    EXPECT_FALSE(client.receive());
    EXPECT_EQ(client.send("hello"), SendStatus::sent);
    EXPECT_EQ(client.receive(), "hello");
    EXPECT_FALSE(client.receive());
    const std::vector<std::byte> bytes(3, std::byte{0xFF});
    client.send(Message::binary(bytes));
    const TestMessage answer = client.receive().value_or(TestMessage{});
    EXPECT_FALSE(answer.is_text());
    EXPECT_EQ(answer.payload, "\xFF\xFF\xFF");
    EXPECT_EQ(server.counts().messages_received, 2U);
}

TEST(TestServer, EchoesWhatIsLargerThanTheConnectionHolds) {
    Server server;
    server.websocket("/echo", echo_handlers());
    TestServer test(server);
    TestClient client = test.connect("/echo");
    std::string large(1'000'000, 'x');
    for (std::size_t index = 0; index < large.size(); ++index)
        large[index] = static_cast<char>('a' + (index * index) % 23);
    client.send(large);
    EXPECT_EQ(client.receive(), large);
}

TEST(TestServer, RunsACoroutineRoute) {
    Server server;
    server.websocket("/", [](WebSocket& socket) -> Task<> {
        while (auto message = co_await socket.receive()) {
            co_await sleep_for(250ms);
            co_await socket.send("later: " + std::string(message->text()));
        }
    });
    TestServer test(server);
    TestClient client = test.connect("/");
    client.send("a");
    client.send("b");
    test.advance(249ms);
    EXPECT_FALSE(client.receive());
    test.advance(1ms);
    EXPECT_EQ(client.receive(), "later: a");
    test.advance(249ms);
    EXPECT_FALSE(client.receive());
    test.advance(1ms);
    EXPECT_EQ(client.receive(), "later: b");
    EXPECT_EQ(test.elapsed(), 500ms);
}

TEST(TestServer, ClosesWithBothCloseFrames) {
    CloseCode code = CloseCode::normal;
    std::string reason;
    Server server;
    server.websocket("/", {.on_close = [&](WebSocket&, CloseCode its, std::string_view why) {
                         code = its;
                         reason = why;
                     }});
    TestServer test(server);
    TestClient client = test.connect("/");
    client.close(CloseCode(4001), "enough");
    EXPECT_EQ(client.ready_state(), ReadyState::closed);
    EXPECT_EQ(client.close_status().code, CloseCode(4001));
    EXPECT_TRUE(client.close_status().clean);
    EXPECT_EQ(code, CloseCode(4001));
    EXPECT_EQ(reason, "enough");
    EXPECT_EQ(server.counts().connections, 0U);
}

TEST(TestServer, SeesAClientThatVanishesOrIsLetGo) {
    std::vector<CloseCode> closes;
    Server server;
    server.websocket("/", {.on_close = [&](WebSocket&, CloseCode code, std::string_view) {
                         closes.push_back(code);
                     }});
    TestServer test(server);
    {
        TestClient one = test.connect("/");
        const TestClient other = test.connect("/");
        one.vanish();
        EXPECT_EQ(closes, std::vector{CloseCode::abnormal_closure});
    }
    EXPECT_EQ(closes, (std::vector{CloseCode::abnormal_closure, CloseCode::normal}));
}

TEST(TestServer, ARefusalIsAnErrorWithItsAnswer) {
    Server server;
    server.websocket("/", {.on_upgrade = [](Upgrade& upgrade) {
                         upgrade.refuse(
                             403, "Not from " + std::string(upgrade.request().client_address()));
                     }});
    TestServer test(server);
    const TestClient client = test.connect("/", {}, "198.51.100.7");
    EXPECT_EQ(client.ready_state(), ReadyState::closed);
    ASSERT_NE(client.error(), nullptr);
    EXPECT_EQ(client.error()->code(), ErrorCode::handshake_refused);
    ASSERT_NE(client.error()->answer(), nullptr);
    EXPECT_EQ(client.error()->answer()->status, 403);
    EXPECT_EQ(client.error()->answer()->body, "Not from 198.51.100.7\n");
}

TEST(TestServer, AHandshakeMayWait) {
    HttpReply later;
    Server server;
    server.websocket("/",
                     {.on_upgrade = [&](Upgrade& upgrade) { later = upgrade.answer_later(); }});
    TestServer test(server);
    const TestClient client = test.connect("/");
    EXPECT_EQ(client.ready_state(), ReadyState::connecting);
    later.send({.status = 101});
    EXPECT_EQ(client.ready_state(), ReadyState::open);
}

TEST(TestServer, NegotiatesSubprotocolAndCompression) {
    Server server;
    server.websocket("/", echo_handlers(),
                     {.subprotocols = {"chat"}, .limits = {.compression_threshold = 10}});
    TestServer test(server);
    TestClient client = test.connect(
        "/", {.subprotocols = {"other", "chat"}, .limits = {.compression_threshold = 10}});
    EXPECT_EQ(client.protocol(), "chat");
    EXPECT_NE(client.extensions().find("permessage-deflate"), std::string::npos);
    const std::string text(5000, 'z');
    client.send(text);
    EXPECT_EQ(client.receive(), text);
}

TEST(TestServer, TurnsTheClockExactly) {
    std::optional<CloseCode> code;
    WebSocketHandlers handlers = echo_handlers();
    handlers.on_close = [&](WebSocket&, CloseCode its, std::string_view) { code = its; };
    Server server;
    server.websocket("/", std::move(handlers),
                     {.limits = {.ping_after = 30s, .idle_timeout = 60s}});
    TestServer test(server);
    TestClient client = test.connect("/");
    // It answers each ping, and so stays.
    test.advance(1h);
    EXPECT_EQ(client.ready_state(), ReadyState::open);
    // From here on it reads nothing: a message waits, and the pings behind it.
    client.pause();
    client.send("the first is taken");
    client.send("the second waits");
    test.advance(59'999ms);
    EXPECT_FALSE(code);
    test.advance(1ms);
    EXPECT_EQ(code, CloseCode::abnormal_closure);
}

TEST(TestServer, ItsRequestsLeaveNoConnections) {
    Server server;
    server.http("GET", "/", [](const Request&) { return Response::text(200, "here"); });
    TestServer test(server);
    EXPECT_EQ(test.get("/").status(), 200);
    EXPECT_EQ(server.counts().connections, 0U) << "the client has its answer, and goes";
}

TEST(TestServer, AnswersRequests) {
    Server server;
    server.http("POST", "/users/:name", [](const Request& request) {
        Response response = Response::text(
            201, std::string(request.parameter("name")) + " " + std::string(request.body()));
        return response.with("X-From", request.client_address());
    });
    TestServer test(server);
    const TestAnswer answer = test.request(
        {.method = "POST", .target = "/users/ann%20b", .body = "hello", .address = "2001:db8::1"});
    EXPECT_TRUE(answer.complete());
    EXPECT_EQ(answer.status(), 201);
    EXPECT_EQ(answer.body(), "ann b hello\n");
    EXPECT_EQ(test.get("/nothing").status(), 404);
    const TestAnswer head = test.request({.method = "HEAD", .target = "/nothing"});
    EXPECT_TRUE(head.complete());
    EXPECT_EQ(head.body(), "");
}

TEST(TestServer, AnAnswerMayComeInParts) {
    HttpReply later;
    bool gone = false;
    Server server;
    server.http("GET", "/", [&](const Request&, const HttpReply& reply) {
        later = reply;
        later.on_close([&] { gone = true; });
    });
    TestServer test(server);
    TestAnswer answer = test.get("/");
    EXPECT_EQ(answer.status(), 0);
    later.begin({.status = 200});
    later.write("one ");
    test.settle();
    EXPECT_EQ(answer.status(), 200);
    EXPECT_EQ(answer.body(), "one ");
    EXPECT_FALSE(answer.complete());
    later.write("two");
    test.settle();
    EXPECT_EQ(answer.body(), "one two");
    answer.leave();
    EXPECT_TRUE(answer.broken());
    EXPECT_TRUE(gone);
}

TEST(TestServer, MakesARequestForAHandler) {
    auto request = TestRequest{.method = "PUT",
                               .target = "/rooms/a%20b?x=1&y=%2B",
                               .headers = {{"Cookie", "id=7"}},
                               .body = "text",
                               .parameters = {{"room", "a b"}}}
                       .make();
    ASSERT_TRUE(request) << request.error().message();
    EXPECT_EQ(request->method(), "PUT");
    EXPECT_EQ(request->path(), "/rooms/a b");
    EXPECT_EQ(request->query("y"), "+");
    EXPECT_EQ(request->cookie("id"), "7");
    EXPECT_EQ(request->parameter("room"), "a b");
    EXPECT_EQ(request->header("host"), "test");
    EXPECT_EQ(request->body(), "text");
    EXPECT_EQ(request->peer(), "192.0.2.1:50000");
    const auto wrong = TestRequest{.headers = {{"Host", "a"}, {"Host", "b"}}}.make();
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error().code(), ErrorCode::invalid_argument);
}

TEST(TestServer, ASlowConsumerFeelsTheServersPolicy) {
    Server server;
    server.websocket(
        "/", {.on_open = [](WebSocket& socket, const Request&) { socket.subscribe("prices"); }},
        {.limits = {.max_backlog = 100'000, .compression = Compression::off},
         .slow_reader = SlowReader::close});
    TestServer test(server);
    TestClient slow = test.connect("/");
    TestClient quick = test.connect("/");
    slow.pause();
    const std::string text(10'000, 'p');
    for (int count = 0; count < 50; ++count) {
        server.publish("prices", text);
        test.settle();
        EXPECT_EQ(quick.receive_all().size(), 1U);
    }
    EXPECT_GT(server.counts().drops[std::size_t(SlowReader::close)], 0U);
    slow.resume();
    EXPECT_GT(slow.receive_all().size(), 5U);
    EXPECT_EQ(slow.ready_state(), ReadyState::closed);
    EXPECT_EQ(slow.close_status().code, CloseCode::policy_violation);
    EXPECT_EQ(quick.ready_state(), ReadyState::open);
}

TEST(TestServer, TopicsReachClientsOfAllLoops) {
    Server server({.threads = 3});
    server.websocket(
        "/",
        {.on_open = [](WebSocket& socket, const Request&) { socket.subscribe("all"); },
         .on_message = [](WebSocket& socket, Message message) { socket.publish("all", message); }});
    TestServer test(server);
    std::vector<TestClient> clients;
    clients.reserve(10);
    for (int count = 0; count < 6; ++count) clients.push_back(test.connect("/"));
    clients.front().send("to all others");
    EXPECT_FALSE(clients.front().receive());
    for (std::size_t index = 1; index < clients.size(); ++index)
        EXPECT_EQ(clients[index].receive(), "to all others") << index;
}

TEST(TestServer, DrainsOverTheTimeThatIsGiven) {
    Server server;
    server.websocket("/", WebSocketHandlers{});
    TestServer test(server);
    std::vector<TestClient> clients;
    clients.reserve(10);
    for (int count = 0; count < 10; ++count) clients.push_back(test.connect("/"));
    const auto open = [&] {
        return std::count_if(clients.begin(), clients.end(), [](const TestClient& client) {
            return client.ready_state() == ReadyState::open;
        });
    };
    server.drain(10s);
    test.advance(5s);
    EXPECT_NEAR(static_cast<double>(open()), 5, 1);
    test.advance(5s);
    EXPECT_EQ(open(), 0);
    EXPECT_EQ(clients.front().close_status().code, CloseCode::service_restart);
    EXPECT_EQ(test.connect("/").ready_state(), ReadyState::closed) << "the server has ended";
}

TEST(TestServer, TooManyConnectionsAreRefused) {
    Server server({.threads = 1, .max_connections = 1});
    server.websocket("/", WebSocketHandlers{});
    TestServer test(server);
    const TestClient first = test.connect("/");
    EXPECT_EQ(first.ready_state(), ReadyState::open);
    const TestClient second = test.connect("/");
    ASSERT_NE(second.error(), nullptr);
    ASSERT_NE(second.error()->answer(), nullptr);
    EXPECT_EQ(second.error()->answer()->status, 503);
}

TEST(TestServer, AClientMayOutliveIt) {
    Server server;
    server.websocket("/", echo_handlers());
    auto test = std::make_unique<TestServer>(server);
    TestClient client = test->connect("/");
    const TestAnswer answer = test->get("/");
    client.send("hello");
    test.reset();
    EXPECT_EQ(client.ready_state(), ReadyState::closed);
    EXPECT_EQ(client.send("more"), SendStatus::dropped);
    EXPECT_EQ(client.receive(), "hello");
    EXPECT_EQ(answer.status(), 426);
}

TEST(TestConnection, SendsHalfARequestAndMore) {
    Server server({.handshake_timeout = 10s});
    server.http("GET", "/", [](const Request&) { return Response::text(200, "here"); });
    TestServer test(server);
    TestConnection half = test.open();
    half.send("GET / HT");
    EXPECT_EQ(half.receive(), "");
    test.advance(9s);
    EXPECT_FALSE(half.ended());
    test.advance(2s);
    EXPECT_TRUE(half.receive().starts_with("HTTP/1.1 408 "));
    EXPECT_TRUE(half.ended());
    half.send("TP/1.1");  // nobody is there
    TestConnection two = test.open();
    two.send(
        "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(two.receive().ends_with("\r\n\r\nhere\n"));
    EXPECT_TRUE(two.ended());
    two = test.open();
    EXPECT_FALSE(two.ended());
}

TEST(TestConnection, IsSeenToGo) {
    Server server;
    int gone = 0;
    server.websocket("/", {.on_close = [&](WebSocket&, CloseCode code, std::string_view) {
                         EXPECT_EQ(code, CloseCode::abnormal_closure);
                         ++gone;
                     }});
    TestServer test(server);
    {
        TestConnection client = test.open();
        client.send(
            "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n");
        EXPECT_TRUE(client.receive().starts_with("HTTP/1.1 101 "));
        EXPECT_EQ(gone, 0);
    }
    EXPECT_EQ(gone, 1);
}

TEST(TestConnection, MayOutliveItsTestServer) {
    Server server;
    auto test = std::make_unique<TestServer>(server);
    TestConnection client = test->open();
    client.send("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n");
    test.reset();
    EXPECT_TRUE(client.ended());
    client.send("more");
    EXPECT_TRUE(client.receive().starts_with("HTTP/1.1 404 "));
}

}  // namespace
}  // namespace longwire
