// The subprotocol that on_upgrade chooses, as a gateway does that learns it from elsewhere.
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace longwire {
namespace {

constexpr std::string_view offered = "Sec-WebSocket-Protocol: v1, v2\r\n";

struct DecidedSubprotocol : testing::Test {
    DecidedSubprotocol() {
        set_log_sink({});
        const auto open = [](WebSocket& socket, const Request&) {
            socket.send("'" + std::string(socket.protocol()) + "'");
        };
        const WebSocketOptions options = {.subprotocols = {"v1"}};
        const auto choose = [](const char* name) {
            return [name](Upgrade& upgrade) {
                upgrade.header("sec-websocket-protocol", name);
                upgrade.header("X-Other", "kept");
            };
        };
        running.server.websocket("/v2", {.on_upgrade = choose("v2"), .on_open = open});
        running.server.websocket("/over", {.on_upgrade = choose("v2"), .on_open = open}, options);
        running.server.websocket("/v3", {.on_upgrade = choose("v3"), .on_open = open}, options);
        running.server.websocket("/later", {.on_upgrade =
                                                [](Upgrade& upgrade) {
                                                    Response in{.status = 101};
                                                    in.with("Sec-WebSocket-Protocol", "v2");
                                                    upgrade.answer_later().send(in);
                                                },
                                            .on_open = open});
        running.start();
    }

    /// The fields of that name in the answer, and what the server then knows.
    void expect(std::string_view path, const std::string& subprotocol) {
        RawClient client(running.port);
        std::string answer = client.upgrade(path, offered);
        ASSERT_TRUE(answer.starts_with("HTTP/1.1 101 ")) << answer;
        std::ranges::transform(answer, answer.begin(),
                               [](unsigned char letter) { return std::tolower(letter); });
        const std::string field = "\r\nsec-websocket-protocol: " + subprotocol + "\r\n";
        const auto found = answer.find(field);
        ASSERT_NE(found, std::string::npos) << answer;
        EXPECT_EQ(answer.find("sec-websocket-protocol", found + field.size()), std::string::npos)
            << answer;
        EXPECT_EQ(client.read(6), server_frame(text, "'" + subprotocol + "'"));
    }

    RunningServer running;
};

TEST_F(DecidedSubprotocol, IsTheConnections) {
    expect("/v2", "v2");
    expect("/later", "v2");
}

TEST_F(DecidedSubprotocol, GoesBeforeTheRoutesOwn) {
    expect("/over", "v2");
}

TEST_F(DecidedSubprotocol, IsLeftOutWhereTheClientHasNotOfferedIt) {
    expect("/v3", "v1");
}

TEST_F(DecidedSubprotocol, LeavesOtherFieldsAsTheyAre) {
    RawClient client(running.port);
    EXPECT_NE(client.upgrade("/v2", offered).find("\r\nX-Other: kept\r\n"), std::string::npos);
}

}  // namespace
}  // namespace longwire
