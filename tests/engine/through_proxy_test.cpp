// Connections through an HTTP proxy of which the test writes every byte.
#include "raw_server.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>
#include <longwire/longwire.hpp>

#include <chrono>
#include <string>

namespace longwire {
namespace {

struct Outcome {
    ErrorCode code = ErrorCode::system;
    std::string words;
    bool by_proxy = false;
};

Task<> go(std::string url, std::string proxy, Outcome& outcome,
          std::chrono::milliseconds limit = std::chrono::seconds(10)) {
    const auto socket = co_await connect(url, {.proxy = proxy, .handshake_timeout = limit});
    outcome.words = socket ? "open" : socket.error().message();
    if (socket) co_return;
    outcome.code = socket.error().code();
    outcome.by_proxy = socket.error().answer() != nullptr && socket.error().answer()->from_proxy;
}

TEST(ThroughProxy, TheHandshakeFollowsTheAnswerOfTheProxy) {
    const RawServer proxy;
    Outcome outcome;
    RunningClient client([&] {
        return go("ws://server.invalid:8000/chat", "http://me:pw@" + proxy.host(), outcome);
    });
    RawConnection connection = proxy.accept();
    const std::string asked = connection.read_until("\r\n\r\n");
    EXPECT_TRUE(asked.starts_with("CONNECT server.invalid:8000 HTTP/1.1\r\n")) << asked;
    EXPECT_EQ(field_in(asked, "Proxy-Authorization"), "Basic bWU6cHc=");
    EXPECT_TRUE(connection.silent_for(std::chrono::milliseconds(30)));
    connection.send("HTTP/1.1 200 OK\r\n");
    connection.send("\r\n");
    const std::string request = connection.read_until("\r\n\r\n");
    EXPECT_TRUE(request.starts_with("GET /chat HTTP/1.1\r\n")) << request;
    EXPECT_EQ(field_in(request, "Host"), "server.invalid:8000");
    // The proxy's secret is not the server's.
    EXPECT_EQ(field_in(request, "Proxy-Authorization"), "");
    EXPECT_EQ(field_in(request, "Authorization"), "");
    connection.send(switching_to(request));
    connection.shut();
    client.wait();
    EXPECT_EQ(outcome.words, "open");
}

TEST(ThroughProxy, ARefusalIsTheProxysOwn) {
    const RawServer proxy;
    Outcome outcome;
    RunningClient client([&] { return go("ws://server.invalid/", proxy.host(), outcome); });
    RawConnection connection = proxy.accept();
    (void)connection.read_until("\r\n\r\n");
    connection.send("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
    client.wait();
    EXPECT_EQ(outcome.code, ErrorCode::proxy_failed);
    EXPECT_TRUE(outcome.by_proxy);
    EXPECT_NE(outcome.words.find("502"), std::string::npos) << outcome.words;
}

TEST(ThroughProxy, AProxyThatHangsUpOrIsSilentIsNamed) {
    const RawServer proxy;
    Outcome outcome;
    {
        RunningClient client([&] { return go("ws://server.invalid/", proxy.host(), outcome); });
        RawConnection connection = proxy.accept();
        (void)connection.read_until("\r\n\r\n");
        connection.close();
    }
    EXPECT_EQ(outcome.code, ErrorCode::proxy_failed);
    EXPECT_NE(outcome.words.find(proxy.host()), std::string::npos) << outcome.words;
    {
        RunningClient client([&] {
            return go("ws://server.invalid/", proxy.host(), outcome, std::chrono::milliseconds(50));
        });
        const RawConnection connection = proxy.accept();
        client.wait();
    }
    EXPECT_EQ(outcome.code, ErrorCode::timed_out);
    EXPECT_NE(outcome.words.find("proxy"), std::string::npos) << outcome.words;
}

TEST(ThroughProxy, OneThatIsNotThereIsNamedAndNotTheServer) {
    std::string gone;
    {
        const RawServer proxy;
        gone = proxy.host();
    }
    Outcome outcome;
    EXPECT_EQ(run(go("ws://server.invalid/", gone, outcome)), 0);
    EXPECT_EQ(outcome.code, ErrorCode::proxy_failed);
    EXPECT_NE(outcome.words.find("the proxy " + gone), std::string::npos) << outcome.words;
    EXPECT_EQ(run(go("ws://127.0.0.1/", "proxy.invalid:1", outcome)), 0);
    EXPECT_EQ(outcome.code, ErrorCode::proxy_failed);
}

}  // namespace
}  // namespace longwire
