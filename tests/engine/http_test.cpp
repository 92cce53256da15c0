// HTTP beside WebSocket, over real sockets.
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <string>

namespace longwire {
namespace {

class Http : public testing::Test {
protected:
    void SetUp() override {
        set_log_sink({});
        running.server
            .http("GET", "/hello",
                  [](const Request& request) {
                      return Response::text(200,
                                            "hello " + request.query("name").value_or("nobody"));
                  })
            .http("POST", "/upload",
                  [](const Request& request) {
                      return Response::text(200, std::to_string(request.body().size()));
                  })
            .http("GET", "/throws",
                  [](const Request&) -> Response { throw std::runtime_error("on purpose"); })
            .http("GET", "/peer",
                  [](const Request& request) { return Response::text(200, request.peer()); })
            .http("GET", "/split",
                  [](const Request& request) {
                      return Response::text(200, "ok").with("X-Name",
                                                            request.query("name").value_or(""));
                  })
            .http("GET", "/host",
                  [](const Request& request) {
                      return Response::text(200, request.header("Host").value_or("none"));
                  })
            .websocket("/socket", echo_handlers())
            .http("GET", "/large",
                  [](const Request&) { return Response{.body = std::string(100'000, 'l')}; });
        running.start();
    }

    std::string ask(const std::string& request) const {
        RawClient client(running.port);
        client.send(request);
        client.shut();
        return client.read_all();
    }

    RunningServer running{{.max_request_body = 1000}};
};

TEST_F(Http, AnswersAndKeepsTheConnection) {
    RawClient client(running.port);
    for (int count = 0; count < 3; ++count) {
        client.send("GET /hello?name=Ada HTTP/1.1\r\nHost: x\r\n\r\n");
        const std::string head = client.read_until("\r\n\r\n");
        EXPECT_TRUE(head.starts_with("HTTP/1.1 200 OK\r\n")) << head;
        EXPECT_NE(head.find("Date: "), std::string::npos) << head;
        EXPECT_NE(head.find("Content-Length: 10\r\n"), std::string::npos) << head;
        EXPECT_EQ(client.read(10), "hello Ada\n");
    }
}

TEST_F(Http, AnswersPipelinedRequestsInOrder) {
    std::string requests;
    for (int count = 0; count < 50; ++count)
        requests += "GET /hello?name=" + std::to_string(count) + " HTTP/1.1\r\nHost: x\r\n\r\n";
    const std::string answers = ask(requests);
    std::size_t place = 0;
    for (int count = 0; count < 50; ++count) {
        place = answers.find("hello " + std::to_string(count) + "\n", place);
        ASSERT_NE(place, std::string::npos) << count;
    }
}

TEST_F(Http, AClientThatDoesNotReadItsResponsesIsHeldBack) {
    RawClient client(running.port);
    std::string requests;
    for (int count = 0; count < 200; ++count) requests += "GET /large HTTP/1.1\r\nHost: x\r\n\r\n";
    client.send(requests + "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    const std::string answers = client.read_all();
    EXPECT_GT(answers.size(), 200U * 100'000U);
    EXPECT_TRUE(answers.ends_with("hello nobody\n"));
}

TEST_F(Http, HeadHasTheLengthAndNoBody) {
    const std::string answer = ask("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_NE(answer.find("Content-Length: 13\r\n"), std::string::npos) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(Http, TellsOtherMethodsAndPathsApart) {
    const std::string method = ask("DELETE /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(method.starts_with("HTTP/1.1 405 ")) << method;
    EXPECT_NE(method.find("Allow: GET, HEAD\r\n"), std::string::npos) << method;
    EXPECT_TRUE(ask("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 404 "));
}

TEST_F(Http, OtherProtocolsThanWebSocketAreNotOfferedAndChangeNothing) {
    for (const char* const protocol : {"h2c", "TLS/1.2", "websockets", "h2c, TLS/1.2"}) {
        RawClient client(running.port);
        const std::string fields = std::string(
                                       "Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\n"
                                       "Upgrade: ") +
                                   protocol + "\r\nHTTP2-Settings: AAMAAABk\r\n";
        for (int count = 0; count < 2; ++count) {
            client.send("GET /hello HTTP/1.1\r\n" + fields + "\r\n");
            EXPECT_NE(client.read_until("hello nobody\n").find("200 OK"), std::string::npos);
            client.send("POST /upload HTTP/1.1\r\n" + fields + "Content-Length: 3\r\n\r\nabc");
            EXPECT_NE(client.read_until("\n3\n").find("200 OK"), std::string::npos);
            client.send("GET /nothing HTTP/1.1\r\n" + fields + "\r\n");
            EXPECT_TRUE(client.read_until("address.\n").starts_with("HTTP/1.1 404 "));
            client.send("GET /socket HTTP/1.1\r\n" + fields + "\r\n");
            EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 426 "));
            client.read_until(".\n");
        }
    }
    const ServerCounts counts = running.server.counts();
    EXPECT_EQ(counts.handshakes_refused, 0U);
    for (const std::uint64_t failures : counts.handshake_failures) EXPECT_EQ(failures, 0U);
    RawClient client(running.port);
    EXPECT_TRUE(client.upgrade("/socket", "Upgrade: h2c\r\n").starts_with("HTTP/1.1 101 "));
}

TEST_F(Http, TheTargetsHostCounts) {
    EXPECT_TRUE(ask("GET http://b.example:81/host HTTP/1.1\r\nHost: a\r\n\r\n")
                    .ends_with("\r\nb.example:81\n"));
}

TEST_F(Http, TakesABodyUpToTheLimit) {
    const auto upload = [&](std::size_t size) {
        return ask("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) +
                   "\r\n\r\n" + std::string(size, 'b'));
    };
    EXPECT_TRUE(upload(1000).ends_with("\r\n\r\n1000\n"));
    EXPECT_TRUE(upload(1001).starts_with("HTTP/1.1 413 "));
}

TEST_F(Http, ABadRequestIsToldWhatIsWrong) {
    const std::string answer = ask("GET /hello HTTP/1.1\r\nHost : x\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 Bad Request\r\n")) << answer;
    EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
    EXPECT_TRUE(ask("\x16\x03\x01\x02\x01\x01").starts_with("HTTP/1.1 400 "));
}

TEST_F(Http, AHandlerThatThrowsIsA500) {
    EXPECT_TRUE(ask("GET /throws HTTP/1.1\r\nHost: x\r\n\r\n").starts_with("HTTP/1.1 500 "));
}

TEST_F(Http, SeesThePeer) {
    EXPECT_NE(ask("GET /peer HTTP/1.1\r\nHost: x\r\n\r\n").find("127.0.0.1:"), std::string::npos);
}

TEST_F(Http, AResponseCannotBeSplit) {
    const std::string answer =
        ask("GET /split?name=a%0D%0AX-Evil:%20yes HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 ")) << answer;
    EXPECT_EQ(answer.find("X-Evil"), std::string::npos) << answer;
}

TEST_F(Http, ContinuesWhenAsked) {
    RawClient client(running.port);
    client.send(
        "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
        "Expect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("abc");
    EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
    EXPECT_EQ(client.read(2), "3\n");
}

}  // namespace
}  // namespace longwire
