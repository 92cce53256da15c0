// The opening handshake as a server makes it, over real sockets (RFC 6455, section 4.2).
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <string>

namespace longwire {
namespace {

class Handshake : public testing::Test {
protected:
    void SetUp() override {
        running.server.websocket("/echo", echo_handlers());
        running.server.websocket("/chat", echo_handlers(), {.subprotocols = {"superchat", "chat"}});
        running.server.websocket("/listed", echo_handlers(), {.origins = {"https://example.org"}});
        running.server.websocket("/any", echo_handlers(), {.origins = {"*"}});
        running.server.websocket(
            "/guarded", {.on_upgrade = [](Upgrade& upgrade) {
                if (upgrade.request().header("Authorization") != "Bearer right")
                    upgrade.refuse(401, "Sign in first.");
                else
                    upgrade.header("Set-Cookie", "seen=1");
            }});
        running.server.websocket("/broken",
                                 {.on_upgrade = [](Upgrade&) { throw std::runtime_error("no"); }});
        running.start();
    }

    std::string ask(const std::string& request) const {
        RawClient client(running.port);
        client.send(request);
        client.shut();
        return client.read_all();
    }

    RunningServer running;
};

TEST_F(Handshake, AnswersTheKeyOfTheRfc) {
    RawClient client(running.port);
    const std::string head = client.upgrade("/echo");
    EXPECT_TRUE(head.starts_with("HTTP/1.1 101 Switching Protocols\r\n")) << head;
    EXPECT_NE(head.find("Upgrade: websocket\r\n"), std::string::npos) << head;
    EXPECT_NE(head.find("Connection: Upgrade\r\n"), std::string::npos) << head;
    EXPECT_NE(head.find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"),
              std::string::npos)
        << head;
    EXPECT_EQ(head.find("Sec-WebSocket-Protocol"), std::string::npos);
}

TEST_F(Handshake, FramesSentWithTheRequestAreNotLost) {
    RawClient client(running.port);
    client.send(
        "GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n" +
        client_frame(text, "early") + client_frame(text, "bird"));
    client.read_until("\r\n\r\n");
    EXPECT_EQ(client.read(7), server_frame(text, "early"));
    EXPECT_EQ(client.read(6), server_frame(text, "bird"));
}

TEST_F(Handshake, VersionEightIsServed) {
    RawClient client(running.port);
    client.send(
        "GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 8\r\n"
        "Sec-WebSocket-Origin: http://localhost\r\n\r\n" +
        client_frame(text, "hello"));
    EXPECT_TRUE(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
    EXPECT_EQ(client.read(7), server_frame(text, "hello"));
}

TEST_F(Handshake, VersionEightHasItsOwnOriginField) {
    EXPECT_TRUE(ask("GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                    "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Origin: http://evil.example\r\n\r\n")
                    .starts_with("HTTP/1.1 403 "));
}

TEST_F(Handshake, OtherVersionsGet426WithTheList) {
    const std::string answer =
        ask("GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            "Sec-WebSocket-Version: 7\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 426 ")) << answer;
    EXPECT_NE(answer.find("Sec-WebSocket-Version: 13, 8\r\n"), std::string::npos) << answer;
}

TEST_F(Handshake, ARequestThatIsNotQuiteOneIsToldWhatIsMissing) {
    const std::string no_key =
        ask("GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n");
    EXPECT_TRUE(no_key.starts_with("HTTP/1.1 400 ")) << no_key;
    EXPECT_NE(no_key.find("Sec-WebSocket-Key"), std::string::npos) << no_key;

    const std::string no_version =
        ask("GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    EXPECT_TRUE(no_version.starts_with("HTTP/1.1 4")) << no_version;
    EXPECT_NE(no_version.find("Sec-WebSocket-Version"), std::string::npos) << no_version;

    const std::string plain = ask("GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_TRUE(plain.starts_with("HTTP/1.1 426 ")) << plain;
    EXPECT_NE(plain.find("Upgrade: websocket\r\n"), std::string::npos) << plain;
}

TEST_F(Handshake, TheServerChoosesTheSubprotocolByItsOwnPreference) {
    RawClient client(running.port);
    const std::string head =
        client.upgrade("/chat", "Sec-WebSocket-Protocol: other, chat, superchat\r\n");
    EXPECT_NE(head.find("Sec-WebSocket-Protocol: superchat\r\n"), std::string::npos) << head;
    RawClient another(running.port);
    const std::string none = another.upgrade("/chat", "Sec-WebSocket-Protocol: other\r\n");
    EXPECT_TRUE(none.starts_with("HTTP/1.1 101 ")) << none;
    EXPECT_EQ(none.find("Sec-WebSocket-Protocol"), std::string::npos) << none;
}

TEST_F(Handshake, AnOriginMustMatchTheHostUnlessTheRouteListsIt) {
    const auto status = [&](std::string_view path, std::string_view origin) {
        RawClient client(running.port);
        return client.upgrade(path, "Origin: " + std::string(origin) + "\r\n").substr(9, 3);
    };
    EXPECT_EQ(status("/echo", "http://localhost"), "101");
    EXPECT_EQ(status("/echo", "https://evil.example"), "403");
    EXPECT_EQ(status("/echo", "null"), "403");
    EXPECT_EQ(status("/listed", "https://example.org"), "101");
    EXPECT_EQ(status("/listed", "https://example.org.evil.example"), "403");
    EXPECT_EQ(status("/any", "https://evil.example"), "101");
}

TEST_F(Handshake, OnUpgradeMayRefuseWithAnyStatusAndAddFields) {
    RawClient refused(running.port);
    refused.send(
        "GET /guarded HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    const std::string answer = refused.read_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 401 Unauthorized\r\n")) << answer;
    EXPECT_NE(answer.find("Sign in first."), std::string::npos) << answer;

    RawClient let_in(running.port);
    const std::string head = let_in.upgrade("/guarded", "Authorization: Bearer right\r\n");
    EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
    EXPECT_NE(head.find("Set-Cookie: seen=1\r\n"), std::string::npos) << head;
}

TEST_F(Handshake, AnOnUpgradeThatThrowsRefusesWith500) {
    set_log_sink({});
    RawClient client(running.port);
    EXPECT_TRUE(client.upgrade("/broken").starts_with("HTTP/1.1 500 "));
}

TEST_F(Handshake, ASlowRequestIsShed) {
    RunningServer impatient({.handshake_timeout = std::chrono::milliseconds(500)});
    impatient.server.websocket("/echo", echo_handlers());
    impatient.start();
    RawClient client(impatient.port);
    client.send("GET /echo HTTP/1.1\r\nHost: loc");
    EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 408 "));
}

}  // namespace
}  // namespace longwire
