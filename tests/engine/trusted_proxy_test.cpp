// Clients that come through proxies: told apart by what trusted ones say, and by nothing else.
#include "raw_client.hpp"
#include "raw_connection.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace longwire {
namespace {

std::string said(const Request& request) {
    const std::string_view peer = request.peer();
    return std::string(peer.substr(0, peer.rfind(':'))) + " " +
           std::string(request.client_address()) + (request.secure() ? " secure\n" : " plain\n");
}

struct TrustedProxy : testing::Test {
    static ServerOptions trusting(std::vector<std::string> proxies,
                                  ForwardedField field = ForwardedField::x_forwarded_for) {
        ServerOptions options;
        options.trusted_proxies = std::move(proxies);
        options.forwarded_field = field;
        return options;
    }

    /// Serves who it is that asks.
    void serve(const ServerOptions& options, const ListenOptions& where = {}) {
        running.emplace(options);
        running->server
            .http("GET", "/who",
                  [](const Request& request) { return Response::text(200, said(request)); })
            .websocket("/who", {.on_open = [](WebSocket& socket, const Request& request) {
                           socket.send(said(request));
                           socket.close();
                       }});
        running->start(where);
    }

    static std::string ask(RawConnection& client, std::string_view fields) {
        client.send("GET /who HTTP/1.1\r\nHost: x\r\n" + std::string(fields) + "\r\n");
        const std::string head = client.read_until("\r\n\r\n");
        EXPECT_TRUE(head.starts_with("HTTP/1.1 200 ")) << head;
        std::string line = client.read_until("\n");
        if (!line.empty()) line.pop_back();
        return line;
    }
    std::string ask(std::string_view fields, const char* from = "127.0.0.1") const {
        RawClient client(running->port, from);
        return ask(client, fields);
    }

    std::optional<RunningServer> running;
};

TEST_F(TrustedProxy, NamesTheClient) {
    serve(trusting({"127.0.0.0/8", "10.0.0.0/8"}));
    EXPECT_EQ(ask("X-Forwarded-For: 192.0.2.7\r\n"), "127.0.0.1 192.0.2.7 plain");
    EXPECT_EQ(ask("X-Forwarded-For: 198.51.100.1, 192.0.2.7, 10.1.1.1\r\n"),
              "127.0.0.1 192.0.2.7 plain");
    EXPECT_EQ(ask("X-Forwarded-For: 2001:DB8::7\r\nX-Forwarded-Proto: https\r\n"),
              "127.0.0.1 2001:db8::7 secure");
    EXPECT_EQ(ask("X-Forwarded-For: 192.0.2.7\r\nForwarded: for=198.51.100.1\r\n"),
              "127.0.0.1 192.0.2.7 plain");
}

TEST_F(TrustedProxy, ThatSaysNothingSoundIsTheClientItself) {
    serve(trusting({"127.0.0.1"}));
    EXPECT_EQ(ask(""), "127.0.0.1 127.0.0.1 plain");
    EXPECT_EQ(ask("X-Forwarded-For: unknown\r\nX-Forwarded-Proto: https\r\n"),
              "127.0.0.1 127.0.0.1 plain");
    EXPECT_EQ(ask("Forwarded: for=192.0.2.7\r\n"), "127.0.0.1 127.0.0.1 plain");
}

TEST_F(TrustedProxy, NamesEachClientOfAConnectionThatItKeeps) {
    serve(trusting({"127.0.0.1"}));
    RawClient proxy(running->port);
    EXPECT_EQ(ask(proxy, "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n"),
              "127.0.0.1 192.0.2.7 secure");
    EXPECT_EQ(ask(proxy, "X-Forwarded-For: 192.0.2.8\r\n"), "127.0.0.1 192.0.2.8 plain");
    EXPECT_EQ(ask(proxy, ""), "127.0.0.1 127.0.0.1 plain");
}

TEST_F(TrustedProxy, IsNobodyUnlessListed) {
    for (const auto& proxies : {std::vector<std::string>{}, {"10.0.0.0/8", "unix", "::1"}}) {
        serve(trusting(proxies));
        EXPECT_EQ(ask("X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n"),
                  "127.0.0.1 127.0.0.1 plain");
    }
    serve(trusting({"127.0.0.2"}));
    EXPECT_EQ(ask("X-Forwarded-For: 192.0.2.7\r\n"), "127.0.0.1 127.0.0.1 plain");
    EXPECT_EQ(ask("X-Forwarded-For: 192.0.2.7\r\n", "127.0.0.2"), "127.0.0.2 192.0.2.7 plain");
}

TEST_F(TrustedProxy, MayWriteForwarded) {
    serve(trusting({"127.0.0.1"}, ForwardedField::forwarded));
    EXPECT_EQ(ask("Forwarded: for=\"[2001:db8::7]:80\";proto=https\r\n"
                  "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-Proto: http\r\n"),
              "127.0.0.1 2001:db8::7 secure");
}

TEST_F(TrustedProxy, NamesTheClientOfAWebSocket) {
    serve(trusting({"127.0.0.1"}));
    RawClient client(running->port);
    client.upgrade("/who", "X-Forwarded-For: 192.0.2.7\r\n");
    EXPECT_EQ(client.read(2 + 26),
              "\x81\x1a"
              "127.0.0.1 192.0.2.7 plain\n");
}

TEST_F(TrustedProxy, OnAUnixSocketIsTrustedIfListed) {
    const std::string folder = testing::TempDir() + "longwire-XXXXXX";
    std::string made = folder;
    ASSERT_NE(mkdtemp(made.data()), nullptr);
    const std::string path = made + "/socket";
    const auto asked = [&] {
        const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        EXPECT_EQ(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        RawConnection client(socket);
        return ask(client, "X-Forwarded-For: 192.0.2.7\r\n");
    };
    serve(trusting({"unix"}), {.unix_path = path});
    EXPECT_EQ(asked(), "unix 192.0.2.7 plain");
    running.reset();
    serve(trusting({"0.0.0.0/0", "::/0"}), {.unix_path = path});
    EXPECT_EQ(asked(), "unix unix plain");
    running.reset();
    std::filesystem::remove_all(made);
}

TEST_F(TrustedProxy, MayBeAnotherForThoseWhoComeLater) {
    serve(trusting({"10.0.0.1"}));
    RawClient before(running->port);
    EXPECT_EQ(ask(before, "X-Forwarded-For: 192.0.2.7\r\n"), "127.0.0.1 127.0.0.1 plain");
    running->server.change(trusting({"127.0.0.1"}));
    EXPECT_EQ(ask("X-Forwarded-For: 192.0.2.7\r\n"), "127.0.0.1 192.0.2.7 plain");
    EXPECT_EQ(ask(before, "X-Forwarded-For: 192.0.2.7\r\n"), "127.0.0.1 127.0.0.1 plain");
    // What is wrong changes nothing, and is told.
    std::string line;
    set_log_sink([&](LogLevel, std::string_view told) { line = told; });
    running->server.change(trusting({"nonsense"}));
    set_log_sink({});
    EXPECT_NE(line.find("\"nonsense\" cannot be a trusted proxy"), std::string::npos) << line;
    EXPECT_EQ(ask("X-Forwarded-For: 192.0.2.7\r\n"), "127.0.0.1 192.0.2.7 plain");
    running->server.change(trusting({}));
    EXPECT_EQ(ask("X-Forwarded-For: 192.0.2.7\r\n"), "127.0.0.1 127.0.0.1 plain");
}

TEST_F(TrustedProxy, ThatIsNoneIsAnErrorWhereTheServerListens) {
    Server server(trusting({"10.0.0.0/8", "proxy.example"}));
    const auto listening = server.listen({});
    ASSERT_FALSE(listening);
    EXPECT_EQ(listening.error().code(), ErrorCode::invalid_argument);
    EXPECT_NE(listening.error().message().find("proxy.example"), std::string::npos);
}

TEST_F(TrustedProxy, IsBesideItsClientInTheAccessLog) {
    std::promise<AccessRecord> told;
    running.emplace(trusting({"127.0.0.1"}));
    running->server.on_access([&](const AccessRecord& record) { told.set_value(record); });
    running->start();
    const RawClient client(running->port);
    client.send(
        "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.7\r\n"
        "X-Forwarded-Proto: https\r\n\r\n");
    auto record = told.get_future();
    ASSERT_EQ(record.wait_for(std::chrono::seconds(20)), std::future_status::ready);
    const AccessRecord its = record.get();
    EXPECT_TRUE(its.peer.starts_with("127.0.0.1:")) << its.peer;
    EXPECT_EQ(its.client, "192.0.2.7");
    EXPECT_TRUE(its.secure);
}

}  // namespace
}  // namespace longwire
