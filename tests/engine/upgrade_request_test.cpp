// Requests that ask for a WebSocket and are not quite one: what they get, and that nothing behind
// them is taken for something that it is not.
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace longwire {
namespace {

constexpr std::string_view hidden = "GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n";

class UpgradeRequest : public testing::Test {
protected:
    void SetUp() override {
        set_log_sink({});
        running.server.websocket("/echo", echo_handlers());
        running.server.websocket("/plain", echo_handlers(),
                                 {.limits = {.compression = Compression::off}});
        running.server.websocket("/chat", echo_handlers(), {.subprotocols = {"chat"}});
        running.server.websocket(
            "/named", {.on_upgrade = [](Upgrade& upgrade) {
                const std::string name = upgrade.request().query("name").value_or("");
                if (upgrade.request().query("refuse"))
                    upgrade.refuse(Response::text(403, name).with("X-Name", name));
                else
                    upgrade.header("X-Name", name);
            }});
        running.server.http("GET", "/page",
                            [](const Request&) { return Response::text(200, "page"); });
        running.server.http("GET", "/hidden",
                            [](const Request&) { return Response::text(200, "HIDDEN"); });
        running.start();
    }

    std::string ask(const std::string& bytes) const {
        RawClient client(running.port);
        client.send(bytes);
        client.shut();
        return client.read_all();
    }

    void expect_to_serve_on() const {
        RawClient client(running.port);
        EXPECT_TRUE(client.upgrade("/echo").starts_with("HTTP/1.1 101 "));
        client.send(client_frame(text, "fine"));
        EXPECT_EQ(client.read(6), server_frame(text, "fine"));
    }

    RunningServer running;
};

TEST_F(UpgradeRequest, APathWithoutARouteIs404) {
    EXPECT_TRUE(ask(upgrade_of("/nothing")).starts_with("HTTP/1.1 404 "));
}

TEST_F(UpgradeRequest, WhatFollowsARefusedOneIsNotReadAsARequest) {
    const std::string refused[] = {
        upgrade_of("/nothing"),
        upgrade_of("/page"),
        upgrade_of("/echo", "Origin: https://evil.example\r\n"),
        upgrade_of("/echo", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"),
        upgrade_of("/named?refuse=1"),
    };
    for (const std::string& request : refused) {
        const std::string answer = ask(request + std::string(hidden));
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 ")) << answer;
        EXPECT_EQ(answer.find("HIDDEN"), std::string::npos) << request << answer;
        EXPECT_EQ(answer.find("HTTP/1.1 ", 1), std::string::npos) << "one answer: " << answer;
    }
}

TEST_F(UpgradeRequest, WhatFollowsAnAcceptedOneIsFramesAndNoRequest) {
    const std::string answer = ask(upgrade_of("/echo") + std::string(hidden));
    EXPECT_EQ(answer.find("HIDDEN"), std::string::npos) << answer;
    const std::string rest = answer.substr(answer.find("\r\n\r\n") + 4);
    ASSERT_GE(rest.size(), 4U) << answer;
    EXPECT_EQ(rest[0], '\x88');
    EXPECT_EQ(rest.substr(2, 2), close_payload(1002));
}

TEST_F(UpgradeRequest, OneWhoseLengthIsInDoubtIsRefused) {
    for (const char* const fields :
         {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
          "Content-Length: 5\r\nContent-Length: 6\r\n", "Transfer-Encoding: chunked, chunked\r\n",
          "X: y\r\n folded\r\n", "X: y\nContent-Length: 5\r\n", "Content-Length : 5\r\n"}) {
        const std::string answer =
            ask(upgrade_of("/echo", fields) + "0\r\n\r\n" + std::string(hidden));
        EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << fields << answer;
        EXPECT_EQ(answer.find("HIDDEN"), std::string::npos) << fields << answer;
    }
    expect_to_serve_on();
}

TEST_F(UpgradeRequest, FramesBeginBehindTheBodyOfOneThatHasABody) {
    const std::string answer = ask(upgrade_of("/plain", "Content-Length: 5\r\n") + "\x81\x80zzz" +
                                   client_frame(text, "first"));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 101 ")) << answer;
    EXPECT_TRUE(answer.find(server_frame(text, "first")) != std::string::npos) << answer;
}

TEST_F(UpgradeRequest, NoExtensionIsAnsweredThatWasNotAskedFor) {
    const auto extensions = [&](std::string_view path, std::string_view fields) {
        RawClient client(running.port);
        const std::string head = client.upgrade(path, fields);
        EXPECT_TRUE(head.starts_with("HTTP/1.1 101 ")) << head;
        const std::size_t found = head.find("Sec-WebSocket-Extensions: ");
        if (found == std::string::npos) return std::string("none");
        EXPECT_EQ(head.find("Sec-WebSocket-Extensions", found + 1), std::string::npos);
        return head.substr(found + 26, head.find("\r\n", found) - found - 26);
    };
    const std::string deflate = "Sec-WebSocket-Extensions: permessage-deflate";
    EXPECT_EQ(extensions("/echo", ""), "none");
    EXPECT_EQ(extensions("/echo", "Sec-WebSocket-Extensions: mux; a=b\r\n"), "none");
    EXPECT_EQ(extensions("/plain", deflate + "\r\n"), "none");
    EXPECT_EQ(extensions("/echo", deflate + "; unknown\r\n"), "none");
    const std::string agreed =
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    EXPECT_EQ(extensions("/echo", deflate + "\r\n"), agreed);
    // The same twice, in one field or in two, is taken once.
    EXPECT_EQ(extensions("/echo", deflate + ", permessage-deflate\r\n"), agreed);
    EXPECT_EQ(extensions("/echo", deflate + "\r\n" + deflate + "\r\n"), agreed);
    EXPECT_EQ(extensions("/echo", deflate + "; server_max_window_bits=99, permessage-deflate\r\n"),
              agreed);
}

TEST_F(UpgradeRequest, ListsThatBreakTheirGrammarGet400) {
    for (const char* const fields :
         {"Sec-WebSocket-Extensions: permessage-deflate;\r\n",
          "Sec-WebSocket-Extensions: a; b=\"c\r\n", "Sec-WebSocket-Extensions: a b\r\n",
          "Sec-WebSocket-Protocol: a b\r\n", "Sec-WebSocket-Protocol: chat, chat\r\n",
          "Sec-WebSocket-Protocol: \"chat\"\r\n", "Sec-WebSocket-Protocol: ch@t\r\n",
          "Sec-WebSocket-Protocol: ch\xC3\xA4t\r\n", "Sec-WebSocket-Protocol: (chat)\r\n"})
        EXPECT_TRUE(ask(upgrade_of("/chat", fields)).starts_with("HTTP/1.1 400 ")) << fields;
    expect_to_serve_on();
}

TEST_F(UpgradeRequest, OneWithTooManyFieldsGets431AndTheServerServesOn) {
    std::string fields;
    for (int count = 0; count < 95; ++count) fields += "X: y\r\n";
    EXPECT_TRUE(RawClient(running.port).upgrade("/echo", fields).starts_with("HTTP/1.1 101 "));
    // One more than there may be; and many more, before those that make it an upgrade.
    EXPECT_TRUE(ask(upgrade_of("/echo", fields + "X: y\r\n")).starts_with("HTTP/1.1 431 "));
    for (int count = 0; count < 1000; ++count) fields += "a:\r\n";
    std::string last = upgrade_of("/echo");
    last.insert(last.find("Upgrade: "), fields);
    EXPECT_TRUE(ask(last).starts_with("HTTP/1.1 431 "));
    expect_to_serve_on();
}

TEST_F(UpgradeRequest, WhatAHandlerAddsCannotSplitTheAnswer) {
    const std::string name = "a%0D%0ASet-Cookie:%20stolen=1%0D%0A%0D%0A%81%05Hello";
    const std::string accepted = ask(upgrade_of("/named?name=" + name));
    EXPECT_TRUE(accepted.starts_with("HTTP/1.1 101 ")) << accepted;
    EXPECT_EQ(accepted.find("Set-Cookie"), std::string::npos) << accepted;
    const std::string refused = ask(upgrade_of("/named?refuse=1&name=" + name));
    EXPECT_TRUE(refused.starts_with("HTTP/1.1 403 ")) << refused;
    const std::string head = refused.substr(0, refused.find("\r\n\r\n"));
    EXPECT_EQ(head.find("Set-Cookie"), std::string::npos) << refused;
    EXPECT_NE(ask(upgrade_of("/named?name=Ada")).find("X-Name: Ada\r\n"), std::string::npos);
}

}  // namespace
}  // namespace longwire
