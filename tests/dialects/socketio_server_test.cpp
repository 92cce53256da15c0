// Engine.IO and Socket.IO of a running server, by clients that write every byte: the rules that the
// protocols' own test suites look at, and the bounds.
#include "line_client.hpp"
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <longwire/socketio.hpp>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace longwire {
namespace {

using namespace std::chrono_literals;
using socketio::Acknowledge;
using socketio::Arguments;
using socketio::Json;
using socketio::Socket;

struct HttpAnswerText {
    std::string head;
    std::string body;
    [[nodiscard]] int status() const { return std::stoi(head.substr(head.find(' ') + 1)); }
};

/// A client of one session.
class EngineClient {
public:
    explicit EngineClient(std::uint16_t port, std::string path = "/engine.io/")
        : port_(port), path_(std::move(path)), connection_(port) {}

    void request(std::string_view method, std::string_view query, std::string_view body = {},
                 std::string_view fields = {}) {
        connection_.send(std::string(method) + " " + path_ + "?" + std::string(query) +
                         " HTTP/1.1\r\nHost: localhost\r\n" + std::string(fields) +
                         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                         std::string(body));
    }
    HttpAnswerText answer() {
        HttpAnswerText answer;
        answer.head = connection_.read_until("\r\n\r\n");
        const std::size_t at = answer.head.find("Content-Length: ");
        if (at != std::string::npos)
            answer.body = connection_.read(std::stoul(answer.head.substr(at + 16)));
        return answer;
    }
    HttpAnswerText ask(std::string_view method, std::string_view query, std::string_view body = {},
                       std::string_view fields = {}) {
        request(method, query, body, fields);
        return answer();
    }

    /// Opens a session by polling.
    void open() {
        const auto opened = ask("GET", "EIO=4&transport=polling");
        EXPECT_EQ(opened.status(), 200);
        const std::size_t at = opened.body.find(R"("sid":")") + 7;
        id = opened.body.substr(at, opened.body.find('"', at) - at);
    }
    [[nodiscard]] std::string session() const { return "EIO=4&transport=polling&sid=" + id; }
    HttpAnswerText poll() { return ask("GET", session()); }
    void begin_poll() { request("GET", session()); }
    HttpAnswerText post(std::string_view body) { return ask("POST", session(), body); }

    void leave() { connection_.close(); }
    /// Another connection, as browsers have several.
    [[nodiscard]] EngineClient beside() const {
        EngineClient other(port_, path_);
        other.id = id;
        return other;
    }

    std::string id;

private:
    std::uint16_t port_;
    std::string path_;
    RawClient connection_;
};

SocketIoOptions quick_options() {
    SocketIoOptions options;
    options.path = "/engine.io/";
    options.ping_interval = 200ms;
    options.ping_timeout = 100ms;
    options.max_payload = 1000;
    return options;
}

struct EngineIoServer : testing::Test {
    void start(const SocketIoOptions& options = quick_options()) {
        engine = std::make_unique<EngineIo>(
            running.server, options,
            [](EngineIo::Session& session, Message message) { session.send(message); });
        running.start();
    }
    ~EngineIoServer() override { running.stop(); }

    RunningServer running{{.threads = 2}};
    std::unique_ptr<EngineIo> engine;
};

// ---- polling ------------------------------------------------------------------------------------

TEST_F(EngineIoServer, OpensASessionByPolling) {
    start();
    EngineClient client(running.port);
    const auto opened = client.ask("GET", "EIO=4&transport=polling");
    EXPECT_EQ(opened.status(), 200);
    EXPECT_TRUE(opened.body.starts_with(R"(0{"sid":")")) << opened.body;
    EXPECT_TRUE(opened.body.ends_with(
        R"(","upgrades":["websocket"],"pingInterval":200,"pingTimeout":100,"maxPayload":1000})"))
        << opened.body;
    EXPECT_NE(opened.head.find("Content-Type: text/plain; charset=UTF-8"), std::string::npos);
}

TEST_F(EngineIoServer, SaysWhatIsWrongWithARequest) {
    start();
    EngineClient client(running.port);
    const auto expect = [&](std::string_view method, std::string_view query, std::string_view body,
                            int status = 400) {
        const auto answer = client.ask(method, query);
        EXPECT_EQ(answer.status(), status) << method << " " << query;
        EXPECT_EQ(answer.body, body) << method << " " << query;
    };
    expect("GET", "EIO=4", R"({"code":0,"message":"Transport unknown"})");
    expect("GET", "EIO=4&transport=abc", R"({"code":0,"message":"Transport unknown"})");
    expect("GET", "EIO=4&transport=polling&sid=abc",
           R"({"code":1,"message":"Session ID unknown"})");
    expect("GET", "EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAAAAAA",
           R"({"code":1,"message":"Session ID unknown"})");
    expect("GET", "EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAAA___",
           R"({"code":1,"message":"Session ID unknown"})");
    expect("POST", "EIO=4&transport=polling", R"({"code":2,"message":"Bad handshake method"})");
    expect("PUT", "EIO=4&transport=polling", R"({"code":2,"message":"Bad handshake method"})");
    expect("GET", "EIO=4&transport=websocket", R"({"code":3,"message":"Bad request"})");
    expect("GET", "transport=polling", R"({"code":5,"message":"Unsupported protocol version"})");
    expect("GET", "EIO=3&transport=polling",
           R"({"code":5,"message":"Unsupported protocol version"})");
    const auto other =
        client.ask("GET", "EIO=4&transport=polling", {}, "Origin: https://elsewhere.example\r\n");
    EXPECT_EQ(other.status(), 403);
    EXPECT_TRUE(other.body.starts_with(R"({"code":4,)")) << other.body;
}

TEST_F(EngineIoServer, LetsPagesOfListedOriginsReadItsAnswers) {
    SocketIoOptions options = quick_options();
    options.origins = {"https://elsewhere.example"};
    start(options);
    EngineClient client(running.port);
    constexpr std::string_view origin = "Origin: https://elsewhere.example\r\n";
    const auto opened = client.ask("GET", "EIO=4&transport=polling", {}, origin);
    EXPECT_EQ(opened.status(), 200);
    EXPECT_NE(opened.head.find("Access-Control-Allow-Origin: https://elsewhere.example\r\n"),
              std::string::npos);
    EXPECT_NE(opened.head.find("Access-Control-Allow-Credentials: true\r\n"), std::string::npos);
    const auto preflight =
        client.ask("OPTIONS", "EIO=4&transport=polling", {},
                   std::string(origin) + "Access-Control-Request-Headers: x-mine\r\n");
    EXPECT_EQ(preflight.status(), 204);
    EXPECT_NE(preflight.head.find("Access-Control-Allow-Headers: x-mine\r\n"), std::string::npos);
}

TEST_F(EngineIoServer, GivesBackWhatWasPosted) {
    start();
    EngineClient client(running.port);
    client.open();
    const auto posted = client.post(
        "4test1\x1e"
        "4test2\x1e"
        "bAQIDBA==");
    EXPECT_EQ(posted.status(), 200);
    EXPECT_EQ(posted.body, "ok");
    EXPECT_EQ(client.poll().body,
              "4test1\x1e"
              "4test2\x1e"
              "bAQIDBA==");
    // Also to a poll that waits, and by whichever connection.
    EngineClient waiting = client.beside();
    waiting.begin_poll();
    EngineClient other = client.beside();
    EXPECT_EQ(other.post("4hello").body, "ok");
    EXPECT_EQ(waiting.answer().body, "4hello");
}

TEST_F(EngineIoServer, EndsASessionForAMalformedPacket) {
    start();
    for (const std::string_view body : {"abc", "", "4a\x1e", "2", "4\xff"}) {
        EngineClient client(running.port);
        client.open();
        client.post(body);
        EXPECT_EQ(client.poll().status(), 400) << body;
    }
}

TEST_F(EngineIoServer, EndsASessionForASecondPoll) {
    start();
    EngineClient client(running.port);
    client.open();
    EngineClient first = client.beside();
    first.begin_poll();
    // (It cannot be seen from here which of the two the server has got first.)
    EngineClient second = client.beside();
    second.begin_poll();
    const auto one = first.answer();
    const auto other = second.answer();
    EXPECT_EQ(std::min(one.status(), other.status()), 200);
    EXPECT_EQ(std::max(one.status(), other.status()), 400);
    EXPECT_EQ(one.status() == 200 ? one.body : other.body, "1");
    EXPECT_EQ(client.poll().status(), 400);
}

TEST_F(EngineIoServer, EndsASessionWhenItsClientSaysSo) {
    start();
    EngineClient client(running.port);
    client.open();
    EngineClient waiting = client.beside();
    waiting.begin_poll();
    client.post("4so that it waits");
    EXPECT_EQ(waiting.answer().body, "4so that it waits");
    EXPECT_EQ(client.post("1").body, "ok");
    EXPECT_EQ(client.poll().status(), 400);
}

TEST_F(EngineIoServer, SendsPingsAndEndsASessionWithoutPongs) {
    start();
    EngineClient client(running.port);
    client.open();
    for (int count = 0; count < 2; ++count) {
        EXPECT_EQ(client.poll().body, "2");
        EXPECT_EQ(client.post("3").status(), 200);
    }
    EXPECT_EQ(client.poll().body, "2");
    EXPECT_EQ(client.poll().body, "1");
    EXPECT_EQ(client.poll().status(), 400);
}

// ---- WebSocket ----------------------------------------------------------------------------------

TEST_F(EngineIoServer, OpensASessionByWebSocket) {
    start();
    LineClient client(running.port);
    const std::string opened = client.next();
    EXPECT_TRUE(opened.starts_with(R"(0{"sid":")")) << opened;
    EXPECT_NE(opened.find(R"("upgrades":[])"), std::string::npos);
    client.send("4hello");
    EXPECT_EQ(client.message(), "4hello");
    client.send_bytes("\x01\x02");
    EXPECT_EQ(client.message(), "\x01\x02");
    client.send("abc");
    EXPECT_EQ(client.message(), "close");
}

TEST_F(EngineIoServer, RefusesAWebSocketThatAsksForSomethingElse) {
    start();
    RawClient client(running.port);
    EXPECT_TRUE(client.upgrade("/engine.io/?transport=websocket").starts_with("HTTP/1.1 400"));
    EXPECT_TRUE(RawClient(running.port).upgrade("/engine.io/?EIO=4").starts_with("HTTP/1.1 400"));
    EXPECT_TRUE(RawClient(running.port)
                    .upgrade("/engine.io/?EIO=4&transport=websocket&sid=abc")
                    .starts_with("HTTP/1.1 400"));
}

TEST_F(EngineIoServer, PingsAWebSocketAndClosesItWithoutPongs) {
    start();
    LineClient client(running.port);
    client.next();
    for (int count = 0; count < 2; ++count) {
        EXPECT_EQ(client.next(), "2");
        client.send("3");
    }
    EXPECT_EQ(client.next(), "2");
    EXPECT_EQ(client.next(), "close");
}

TEST_F(EngineIoServer, UpgradesASessionAndLosesNothing) {
    SocketIoOptions options = quick_options();
    options.ping_interval = 20s;
    start(options);
    // On the same loop, and on another.
    for (int count = 0; count < 4; ++count) {
        EngineClient client(running.port);
        client.open();
        LineClient line(running.port, "/engine.io/", client.id);
        line.send("2probe");
        EXPECT_EQ(line.next(), "3probe");
        EXPECT_EQ(client.poll().body, "6");
        client.post("4before");
        line.send("5");
        line.send("4after");
        EXPECT_EQ(line.next(), "4before");
        EXPECT_EQ(line.next(), "4after");
        EXPECT_EQ(client.poll().body, R"({"code":3,"message":"Bad request"})");
        EXPECT_EQ(client.post("4x").status(), 400);
        LineClient second(running.port, "/engine.io/", client.id);
        EXPECT_EQ(second.next(), "close");
        line.send("4still there");
        EXPECT_EQ(line.next(), "4still there");
    }
}

TEST_F(EngineIoServer, GoesOnPollingWhereAnUpgradeFails) {
    start();
    EngineClient client(running.port);
    client.open();
    {
        LineClient line(running.port, "/engine.io/", client.id);
        line.send("4not a probe");
        EXPECT_EQ(line.next(), "close");
    }
    client.post("4hello");
    EXPECT_EQ(client.poll().body, "4hello");
}

// ---- bounds -------------------------------------------------------------------------------------

TEST_F(EngineIoServer, TakesNoMoreThanItsLimits) {
    SocketIoOptions options = quick_options();
    options.max_backlog = 4000;
    options.ping_interval = 20s;
    start(options);
    EngineClient client(running.port);
    client.open();
    EXPECT_EQ(client.post(std::string(1001, '4')).status(), 413);
    // What nobody polls is kept up to a bound; then the session ends.
    int status = 200;
    for (int count = 0; count < 10 && status == 200; ++count)
        status = client.post("4" + std::string(900, 'x')).status();
    EXPECT_EQ(status, 400);
    LineClient line(running.port);
    line.next();
    line.send("4" + std::string(1000, 'x'));
    EXPECT_EQ(line.next(), "close");
}

TEST_F(EngineIoServer, HasNoMoreSessionsThanItMay) {
    SocketIoOptions options = quick_options();
    options.max_sessions = 3;
    options.max_sessions_per_address = 2;
    options.ping_interval = 20s;
    start(options);
    EngineClient one(running.port);
    one.open();
    EngineClient two(running.port);
    two.open();
    const auto third = one.ask("GET", "EIO=4&transport=polling");
    EXPECT_EQ(third.status(), 429);
    EXPECT_TRUE(third.body.starts_with(R"({"code":4,)")) << third.body;
    EXPECT_TRUE(LineClient(running.port).head.starts_with("HTTP/1.1 429"));
    one.post("1");
    LineClient line(running.port);
    EXPECT_TRUE(line.next().starts_with("0{"));
}

// ---- Socket.IO ----------------------------------------------------------------------------------

struct SocketIoServer : testing::Test {
    void start(const SocketIoOptions& options = {}) {
        io = std::make_unique<SocketIo>(running.server, options);
        const auto show_auth = [](Socket& socket) {
            socket.emit("auth", Json{socket.handshake().auth});
        };
        io->of("/")
            .on_connection(show_auth)
            .on("message", [](Socket& socket, const Arguments& arguments,
                              const Acknowledge&) { socket.send("message-back", arguments); })
            .on("message-with-ack",
                [](Socket&, const Arguments& arguments, const Acknowledge& acknowledge) {
                    acknowledge.send(arguments);
                    acknowledge("twice");
                })
            .on("join",
                [](Socket& socket, const Arguments& arguments, const Acknowledge& acknowledge) {
                    socket.join(arguments.text(0).value_or(""));
                    acknowledge(socket.in(arguments.text(0).value_or("")));
                });
        io->of("/custom").on_connection(show_auth);
        running.start();
    }
    ~SocketIoServer() override { running.stop(); }

    LineClient opened() {
        LineClient client(running.port, "/socket.io/");
        client.next();
        return client;
    }
    LineClient connected() {
        LineClient client = opened();
        client.send("40");
        client.next();
        client.next();
        return client;
    }

    RunningServer running{{.threads = 2}};
    std::unique_ptr<SocketIo> io;
};

TEST_F(SocketIoServer, AnswersAConnectWithItsIdAlone) {
    start();
    LineClient client = opened();
    client.send(R"(40{"token":"123"})");
    const std::string answer = client.next();
    EXPECT_TRUE(answer.starts_with(R"(40{"sid":")")) << answer;
    EXPECT_EQ(answer.find(','), std::string::npos) << answer;
    EXPECT_EQ(client.next(), R"(42["auth",{"token":"123"}])");
    client.send("40/custom,");
    EXPECT_TRUE(client.next().starts_with(R"(40/custom,{"sid":")"));
    EXPECT_EQ(client.next(), R"(42/custom,["auth",{}])");
    client.send("40/random");
    EXPECT_EQ(client.next(), R"(44/random,{"message":"Invalid namespace"})");
}

TEST_F(SocketIoServer, AnswersWithAKeyToo) {
    SocketIoOptions options;
    options.recovery = 1min;
    start(options);
    LineClient client = opened();
    client.send("40");
    EXPECT_NE(client.next().find(R"(","pid":")"), std::string::npos);
}

TEST_F(SocketIoServer, TakesEventsAndAcknowledges) {
    start();
    LineClient client = connected();
    client.send(R"(42["message",1,"2",{"3":[true]}])");
    EXPECT_EQ(client.next(), R"(42["message-back",1,"2",{"3":[true]}])");
    client.send(R"(42456["message-with-ack",1,"2",{"3":[false]}])");
    EXPECT_EQ(client.next(), R"(43456[1,"2",{"3":[false]}])");
    client.send(
        R"(452-789["message-with-ack",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
    client.send_bytes("\x01\x02\x03");
    client.send_bytes("\x04\x05\x06");
    EXPECT_EQ(client.next(),
              R"(462-789[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}])");
    EXPECT_EQ(client.next(), "\x01\x02\x03");
    EXPECT_EQ(client.next(), "\x04\x05\x06");
    // Nobody handles it, and nothing comes of it.
    client.send(R"(421["unknown"])");
    client.send(R"(42["message"])");
    EXPECT_EQ(client.next(), R"(42["message-back"])");
}

TEST_F(SocketIoServer, ClosesForWhatIsMalformed) {
    start();
    for (const std::string_view packet :
         {"4abc", "42{}", R"(42abc["message"])", "40", R"(42/custom,["message"])", "44[]",
          R"(451-["a",{"_placeholder":true,"num":1}])"}) {
        LineClient client = connected();
        client.send(packet);
        EXPECT_EQ(client.next(), "close") << packet;
    }
    LineClient early = opened();
    early.send(R"(42["message"])");
    EXPECT_EQ(early.next(), "close");
    LineClient bytes = connected();
    bytes.send_bytes("not announced");
    EXPECT_EQ(bytes.next(), "close");
}

TEST_F(SocketIoServer, ClosesWhereNobodyConnectsInTime) {
    SocketIoOptions options;
    options.connect_timeout = 20ms;
    start(options);
    LineClient client = opened();
    EXPECT_EQ(client.next(), "close");
}

TEST_F(SocketIoServer, EndsASessionWithItsPoll) {
    start();
    EngineClient client(running.port, "/socket.io/");
    client.open();
    EXPECT_EQ(io->sessions(), 1U);
    client.begin_poll();
    client.leave();
    while (io->sessions() > 0) std::this_thread::yield();
}

TEST_F(SocketIoServer, AnswersAPollAndTheOneBehindItWhereItCloses) {
    io = std::make_unique<SocketIo>(running.server);
    io->of("/").on("bye", [](Socket& socket, const Arguments&, const Acknowledge&) {
        socket.emit("farewell");
        socket.disconnect(true);
    });
    running.start();
    EngineClient client(running.port, "/socket.io/");
    client.open();
    client.post("40");
    client.poll();
    EngineClient polls = client.beside();
    polls.begin_poll();
    polls.begin_poll();
    client.post(R"(42["bye"])");
    EXPECT_EQ(polls.answer().body,
              "42[\"farewell\"]\x1e"
              "41");
    EXPECT_EQ(polls.answer().body, "1");
    EXPECT_EQ(client.poll().status(), 400);
    EXPECT_EQ(io->sessions(), 0U);
}

TEST_F(SocketIoServer, AQuestionThatWaitsForNoTimeIsAnsweredLater) {
    io = std::make_unique<SocketIo>(running.server);
    io->of("/").on("ask", [](Socket& socket, const Arguments& arguments, const Acknowledge& told) {
        const auto within = std::make_shared<bool>(true);
        const std::chrono::milliseconds timeout(std::stoi(arguments.text(0).value_or("0")));
        socket.request("question", {}, timeout, [within, told](const Result<Arguments>& answer) {
            told(*within ? "within" : answer ? "answered" : answer.error().message());
        });
        *within = false;
    });
    running.start();
    LineClient client = opened();
    client.send("40");
    client.next();
    for (const std::string timeout : {"0", "-1000"}) {
        client.send(R"(421["ask",")" + timeout + R"("])");
        EXPECT_NE(client.next().find("question"), std::string::npos);
        EXPECT_EQ(client.next(), R"(431["the event was not acknowledged in time"])");
    }
}

TEST_F(SocketIoServer, LeavesANamespaceAndKeepsTheOthers) {
    start();
    LineClient client = connected();
    client.send("40/custom");
    client.next();
    client.next();
    client.send("41/custom");
    client.send(R"(42/custom,["late"])");
    client.send(R"(42["message","to the main namespace"])");
    EXPECT_EQ(client.next(), R"(42["message-back","to the main namespace"])");
    client.send("40/custom");
    EXPECT_TRUE(client.next().starts_with("40/custom,"));
}

TEST_F(SocketIoServer, KeepsItsBounds) {
    SocketIoOptions options;
    options.max_namespaces = 1;
    options.max_rooms = 2;
    options.max_attachments = 1;
    options.max_event = 100;
    start(options);
    LineClient client = connected();
    client.send(R"(421["join","a"])");
    EXPECT_EQ(client.next(), "431[true]");
    client.send(R"(422["join","b"])");
    EXPECT_EQ(client.next(), "432[true]");
    client.send(R"(423["join","c"])");
    EXPECT_EQ(client.next(), "433[false]");
    client.send("40/custom");
    EXPECT_EQ(client.next(), "close");
    LineClient crowded = connected();
    crowded.send(R"(452-["a",{"_placeholder":true,"num":0}])");
    EXPECT_EQ(crowded.next(), "close");
    LineClient large = connected();
    large.send("42[\"" + std::string(100, 'a') + "\"]");
    EXPECT_EQ(large.next(), "close");
}

TEST_F(SocketIoServer, ReachesEverybodyOnEveryLoop) {
    start();
    std::vector<LineClient> clients;
    for (int count = 0; count < 4; ++count) {
        clients.push_back(connected());
        clients.back().send(R"(421["join","red"])");
        EXPECT_EQ(clients.back().next(), "431[true]");
    }
    io->of("/").to("red").emit("news", "one");
    io->of("/").emit("news", 2);
    for (LineClient& client : clients) {
        EXPECT_EQ(client.next(), R"(42["news","one"])");
        EXPECT_EQ(client.next(), R"(42["news",2])");
    }
}

}  // namespace
}  // namespace longwire
