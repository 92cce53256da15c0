// on_upgrade as a coroutine, and what it hands on to the connection that it lets in.
#include "running_server.hpp"

#include <gtest/gtest.h>
#include <longwire/testing.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace longwire {
namespace {

using namespace std::chrono_literals;

struct Player {
    std::string name;
};

int status_of(const TestClient& client) {
    const Error* const error = client.error();
    return error == nullptr || error->answer() == nullptr ? 0 : error->answer()->status;
}

/// Sends the name that on_upgrade has found.
Task<> tell_name(WebSocket& socket) {
    co_await socket.send(socket.state<Player>().name);
    while (auto message = co_await socket.receive()) {
    }
}

TEST(UpgradeState, BecomesTheConnections) {
    Server server;
    server.websocket("/",
                     {.on_upgrade =
                          [](Upgrade& upgrade) {
                              upgrade.state<Player>().name = "ann";
                              upgrade.state<Player>().name += "e";
                          },
                      .on_open = [](WebSocket& socket,
                                    const Request&) { socket.send(socket.state<Player>().name); }});
    TestServer test(server);
    TestClient client = test.connect("/");
    EXPECT_EQ(client.receive(), "anne");
}

TEST(UpgradeState, StaysWhileAnotherDecides) {
    HttpReply reply;
    std::shared_ptr<Player> player;
    Server server;
    server.websocket("/", {.on_upgrade =
                               [&](Upgrade& upgrade) {
                                   player = upgrade.state<std::shared_ptr<Player>>() =
                                       std::make_shared<Player>();
                                   reply = upgrade.answer_later();
                               },
                           .on_open =
                               [](WebSocket& socket, const Request&) {
                                   socket.send(socket.state<std::shared_ptr<Player>>()->name);
                               }});
    TestServer test(server);
    TestClient client = test.connect("/");
    ASSERT_EQ(client.ready_state(), ReadyState::connecting);
    player->name = "bob";
    reply.send({.status = 101});
    EXPECT_EQ(client.receive(), "bob");
    EXPECT_EQ(player.use_count(), 2);
    client.close();
    EXPECT_EQ(player.use_count(), 1);
}

TEST(UpgradeState, GoesWithAHandshakeThatIsRefused) {
    std::weak_ptr<Player> seen;
    Server server;
    server.websocket("/", {.on_upgrade = [&](Upgrade& upgrade) {
                         auto& player = upgrade.state<std::shared_ptr<Player>>();
                         player = std::make_shared<Player>();
                         seen = player;
                         upgrade.refuse(403, "No.");
                     }});
    TestServer test(server);
    EXPECT_EQ(status_of(test.connect("/")), 403);
    EXPECT_TRUE(seen.expired());
}

TEST(UpgradeCoroutine, LetsInWhenItHasWaited) {
    Server server;
    server.websocket(
        "/players/:name",
        [](Upgrade& upgrade) -> Task<> {
            co_await sleep_for(200ms);
            upgrade.state<Player>().name = upgrade.request().parameter("name");
            upgrade.header("Sec-WebSocket-Protocol", "v2");
        },
        tell_name);
    TestServer test(server);
    TestClient client = test.connect("/players/ann", {.subprotocols = {"v1", "v2"}});
    test.advance(199ms);
    EXPECT_EQ(client.ready_state(), ReadyState::connecting);
    test.advance(1ms);
    ASSERT_EQ(client.ready_state(), ReadyState::open);
    EXPECT_EQ(client.protocol(), "v2");
    EXPECT_EQ(client.receive(), "ann");
}

TEST(UpgradeCoroutine, MayDecideAtOnceAndForHandlers) {
    Server server;
    server.websocket("/",
                     {.on_upgrade = [](Upgrade& upgrade) -> Task<> {
                          upgrade.state<Player>().name = "at once";
                          co_return;
                      },
                      .on_open = [](WebSocket& socket,
                                    const Request&) { socket.send(socket.state<Player>().name); }});
    TestServer test(server);
    EXPECT_EQ(test.connect("/").receive(), "at once");
}

TEST(UpgradeCoroutine, MayRefuse) {
    Server server;
    server.websocket(
        "/:when",
        [](Upgrade& upgrade) -> Task<> {
            if (upgrade.request().parameter("when") == "later") co_await sleep_for(10ms);
            upgrade.refuse(402, "Pay first.");
        },
        tell_name);
    TestServer test(server);
    EXPECT_EQ(status_of(test.connect("/now")), 402);
    const TestClient later = test.connect("/later");
    EXPECT_EQ(status_of(later), 0);
    test.advance(10ms);
    EXPECT_EQ(status_of(later), 402);
    EXPECT_EQ(server.counts().handshakes_refused, 2U);
    EXPECT_EQ(server.counts().opened, 0U);
}

TEST(UpgradeCoroutine, RefusesWith500WhereItThrows) {
    std::vector<std::string> lines;
    set_log_sink([&](LogLevel, std::string_view line) { lines.emplace_back(line); });
    Server server;
    server.websocket(
        "/",
        [](Upgrade&) -> Task<> {
            co_await sleep_for(10ms);
            throw std::runtime_error("the database has gone");
        },
        tell_name);
    TestServer test(server);
    const TestClient client = test.connect("/");
    test.advance(10ms);
    EXPECT_EQ(status_of(client), 500);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_NE(lines[0].find("the database has gone"), std::string::npos) << lines[0];
    set_log_sink({});
}

TEST(UpgradeCoroutine, GoesToItsEndWhereTheClientHasGone) {
    bool ended = false;
    bool opened = false;
    Server server;
    server.websocket("/", {.on_upgrade = [&](Upgrade& upgrade) -> Task<> {
                               co_await sleep_for(10ms);
                               ended = upgrade.request().path() == "/";
                           },
                           .on_open = [&](WebSocket&, const Request&) { opened = true; }});
    TestServer test(server);
    TestClient client = test.connect("/");
    client.vanish();
    EXPECT_EQ(client.ready_state(), ReadyState::closed);
    EXPECT_EQ(server.counts().connections, 0U);
    test.advance(10ms);
    EXPECT_TRUE(ended);
    EXPECT_FALSE(opened);
}

TEST(UpgradeCoroutine, EndsWithItsServer) {
    std::weak_ptr<Player> seen;
    std::optional<Server> server(std::in_place);
    server->websocket("/", {.on_upgrade = [&](Upgrade& upgrade) -> Task<> {
                          const auto player = std::make_shared<Player>();
                          seen = player;
                          upgrade.state<std::shared_ptr<Player>>() = player;
                          co_await sleep_for(1h);
                      }});
    {
        TestServer test(*server);
        const TestClient client = test.connect("/");
        EXPECT_FALSE(seen.expired());
    }
    server.reset();
    EXPECT_TRUE(seen.expired());
}

TEST(UpgradeCoroutine, IsWhatDecidesAndNobodyElse) {
    std::vector<std::string> lines;
    set_log_sink([&](LogLevel, std::string_view line) { lines.emplace_back(line); });
    Server server;
    server.websocket(
        "/",
        [](Upgrade& upgrade) -> Task<> {
            EXPECT_FALSE(upgrade.answer_later().alive());
            upgrade.state<Player>().name = "let in";
            co_return;
        },
        tell_name);
    TestServer test(server);
    EXPECT_EQ(test.connect("/").receive(), "let in");
    EXPECT_EQ(lines.size(), 1U);
    set_log_sink({});
}

/// A gateway: it opens the connection upstream before it lets its client in.
struct Gateway {
    Gateway() {
        upstream.server.websocket("/v2", echo_handlers(), {.subprotocols = {"v2"}});
        upstream.start();
        gateway.server.websocket(
            "/:path",
            [this](Upgrade& upgrade) -> Task<> {
                const std::string url =
                    upstream.url("/" + std::string(upgrade.request().parameter("path")));
                auto connected = co_await connect(url, {.subprotocols = {"v1", "v2"}});
                if (!connected) {
                    const HttpAnswer* const answer = connected.error().answer();
                    upgrade.refuse(answer == nullptr ? 502 : answer->status, "Not upstream.");
                    co_return;
                }
                upgrade.header("Sec-WebSocket-Protocol", connected->protocol());
                upgrade.state<std::optional<WebSocket>>() = std::move(*connected);
            },
            [](WebSocket& client) -> Task<> {
                WebSocket& server = *client.state<std::optional<WebSocket>>();
                while (auto message = co_await client.receive()) {
                    co_await server.send(*message);
                    if (auto answer = co_await server.receive()) co_await client.send(*answer);
                }
            });
        gateway.start();
    }
    RunningServer upstream;
    RunningServer gateway;
};

TEST(UpgradeCoroutine, HandsAConnectionOnThatItHasMade) {
    const Gateway gateway;
    bool went = false;
    const int status = run([&]() -> Task<> {
        auto client = co_await connect(gateway.gateway.url("/v2"), {.subprotocols = {"v1", "v2"}});
        if (!client) {
            ADD_FAILURE() << client.error().message();
            co_return;
        }
        EXPECT_EQ(client->protocol(), "v2");
        co_await client->send("through");
        const auto answer = co_await client->receive();
        EXPECT_TRUE(answer && answer->text() == "through");
        const auto refused = co_await connect(gateway.gateway.url("/v3"));
        const HttpAnswer* const answered = refused ? nullptr : refused.error().answer();
        EXPECT_TRUE(answered != nullptr && answered->status == 404);
        went = true;
    }());
    EXPECT_TRUE(went);
    EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace longwire
