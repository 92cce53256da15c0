// The client, against our own server and against sockets that misbehave.
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <string>
#include <thread>

namespace longwire {
namespace {

/// A server that takes one connection, and says what a test wants said.
class OneAnswer {
public:
    explicit OneAnswer(std::string answer, bool end = true)
        : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address = {};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        EXPECT_EQ(::listen(listener_, 8), 0);
        socklen_t size = sizeof address;
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port = ntohs(address.sin_port);
        thread_ = std::thread([this, answer = std::move(answer), end] { serve(answer, end); });
    }
    ~OneAnswer() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    OneAnswer(const OneAnswer&) = delete;
    OneAnswer& operator=(const OneAnswer&) = delete;

    [[nodiscard]] std::string url() const { return "ws://127.0.0.1:" + std::to_string(port) + "/"; }

    std::uint16_t port = 0;
    std::string request;

private:
    void serve(const std::string& answer, bool end) {
        const int connection = ::accept(listener_, nullptr, nullptr);
        if (connection < 0) return;
        std::array<char, 4096> buffer = {};
        while (request.find("\r\n\r\n") == std::string::npos) {
            const auto size = ::recv(connection, buffer.data(), buffer.size(), 0);
            if (size <= 0) break;
            request.append(buffer.data(), static_cast<std::size_t>(size));
        }
        ::send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
        if (end) ::shutdown(connection, SHUT_WR);
        while (::recv(connection, buffer.data(), buffer.size(), 0) > 0) {
        }
        ::close(connection);
    }

    int listener_;
    std::thread thread_;
};

/// Runs one coroutine to its end, on a loop in this thread.
void run_here(const std::function<Task<>()>& coroutine) {
    EXPECT_EQ(run(coroutine()), 0);
}

Task<> fail_to_connect(std::string url, ConnectOptions options, ErrorCode code,
                       std::string& message) {
    const auto socket = co_await connect(url, options);
    EXPECT_FALSE(socket);
    if (!socket) {
        EXPECT_EQ(socket.error().code(), code) << socket.error().message();
        message = socket.error().message();
    }
}

std::string failure_of(const std::string& url, ErrorCode code, const ConnectOptions& options = {}) {
    std::string message;
    EXPECT_EQ(run(fail_to_connect(url, options, code, message)), 0);
    return message;
}

TEST(Client, TalksToTheServer) {
    RunningServer running;
    running.server.websocket("/echo", echo_handlers(), {.subprotocols = {"chat"}});
    running.start();
    run_here([&]() -> Task<> {
        auto socket =
            co_await connect(running.url("/echo"), {.subprotocols = {"superchat", "chat"}});
        EXPECT_TRUE(socket);
        if (!socket) co_return;
        EXPECT_EQ(socket->protocol(), "chat");
        EXPECT_EQ(socket->ready_state(), ReadyState::open);
        for (const std::size_t size : {0U, 1U, 125U, 126U, 65535U, 65536U, 1'000'000U}) {
            const std::string payload(size, 'x');
            co_await socket->send(payload);
            const auto message = co_await socket->receive();
            EXPECT_TRUE(message && message->text() == payload) << size;
        }
        socket->close(CloseCode{4000}, "done");
        const auto none = co_await socket->receive();
        EXPECT_FALSE(none);
        EXPECT_EQ(to_number(socket->close_status().code), 4000);
        EXPECT_TRUE(socket->close_status().clean);
        EXPECT_EQ(socket->ready_state(), ReadyState::closed);
    });
}

TEST(Client, ResolvesLocalhost) {
    RunningServer running;
    running.server.websocket("/", echo_handlers());
    running.start();
    run_here([&]() -> Task<> {
        auto socket = co_await connect("ws://localhost:" + std::to_string(running.port));
        EXPECT_TRUE(socket) << socket.error().message();
    });
}

TEST(Client, SpeaksOverAUnixSocket) {
    const std::string path = testing::TempDir() + "/longwire-client-test.sock";
    RunningServer running;
    running.server.websocket("/echo", echo_handlers());
    running.start({.unix_path = path});
    run_here([&]() -> Task<> {
        auto socket = co_await connect("ws+unix:" + path + ":/echo");
        EXPECT_TRUE(socket) << socket.error().message();
        if (!socket) co_return;
        co_await socket->send("over a file");
        const auto message = co_await socket->receive();
        EXPECT_TRUE(message && message->text() == "over a file");
    });
    running.stop();
    EXPECT_NE(::access(path.c_str(), F_OK), 0) << "the socket file goes with the server";
}

TEST(Client, DestroyingTheSocketClosesTheConnection) {
    RunningServer running;
    CloseCode seen = CloseCode::abnormal_closure;
    running.server.websocket(
        "/", {.on_close = [&](WebSocket&, CloseCode code, std::string_view) { seen = code; }});
    running.start();
    run_here([&]() -> Task<> {
        const auto socket = co_await connect(running.url("/"));
        EXPECT_TRUE(socket);
    });
    running.stop();
    EXPECT_EQ(seen, CloseCode::normal);
}

TEST(Client, MessagesThatWereOnTheirWayArriveAfterClose) {
    RunningServer running;
    running.server.websocket("/", echo_handlers());
    running.start();
    run_here([&]() -> Task<> {
        auto socket = co_await connect(running.url("/"));
        EXPECT_TRUE(socket);
        if (!socket) co_return;
        int received = 0;
        spawn([](WebSocket& sending) -> Task<> {
            co_await sleep_for(std::chrono::milliseconds(1));
            for (int index = 0; index < 100; ++index) co_await sending.send("x");
            sending.close();
        }(*socket));
        while (co_await socket->receive()) ++received;
        EXPECT_EQ(received, 100);
    });
}

TEST(Client, SendsWhatTheOptionsSay) {
    OneAnswer server("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    const std::array<HeaderField, 1> headers = {{{"Authorization", "Bearer x"}}};
    const std::string message =
        failure_of(server.url(), ErrorCode::handshake_refused,
                   {.subprotocols = {"a", "b"}, .headers = headers, .origin = "http://o.example"});
    EXPECT_NE(message.find("404 Not Found"), std::string::npos) << message;
    EXPECT_TRUE(server.request.starts_with("GET / HTTP/1.1\r\n")) << server.request;
    for (const char* const line :
         {"Host: 127.0.0.1:", "Upgrade: websocket\r\n", "Connection: Upgrade\r\n",
          "Sec-WebSocket-Version: 13\r\n", "Sec-WebSocket-Protocol: a, b\r\n",
          "Authorization: Bearer x\r\n", "Origin: http://o.example\r\n"})
        EXPECT_NE(server.request.find(line), std::string::npos) << line << "\n" << server.request;
}

TEST(Client, RefusesAnswersThatAreNotAHandshake) {
    const auto answered = [](const std::string& answer) {
        const OneAnswer server(answer);
        return failure_of(server.url(), ErrorCode::handshake_invalid);
    };
    const std::string switching = "HTTP/1.1 101 Switching Protocols\r\n";
    EXPECT_NE(answered("SSH-2.0-OpenSSH_9.2\r\n"), "");
    EXPECT_NE(answered(""), "");
    EXPECT_NE(answered(switching + "\r\n").find("Upgrade"), std::string::npos);
    EXPECT_NE(answered(switching + "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                                   "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
                  .find("Sec-WebSocket-Accept"),
              std::string::npos);
}

TEST(Client, TellsWhatItCannotDo) {
    EXPECT_NE(failure_of("htp://x", ErrorCode::invalid_url).find("htp"), std::string::npos);
    EXPECT_NE(failure_of("", ErrorCode::invalid_url), "");
    EXPECT_NE(failure_of("ws://h/#fragment", ErrorCode::invalid_url), "");
    failure_of("ws://127.0.0.1:1/", ErrorCode::connection_refused);
    failure_of("ws+unix:/no/such/socket:/", ErrorCode::connection_refused);
    failure_of("ws://no.such.host.invalid/", ErrorCode::name_not_resolved);
    const std::array<HeaderField, 1> ours = {{{"sec-websocket-key", "x"}}};
    failure_of("ws://127.0.0.1:1/", ErrorCode::invalid_argument, {.headers = ours});
    const std::array<HeaderField, 1> split = {{{"X", "a\r\nY: b"}}};
    failure_of("ws://127.0.0.1:1/", ErrorCode::invalid_argument, {.headers = split});
}

TEST(Client, GivesUpOnAServerThatDoesNotAnswer) {
    const OneAnswer server("HTTP/1.1 101", false);
    const std::string message = failure_of(server.url(), ErrorCode::timed_out,
                                           {.handshake_timeout = std::chrono::milliseconds(50)});
    EXPECT_NE(message.find("50 ms"), std::string::npos) << message;
}

TEST(Client, AnExceptionOfTheTaskIsLoggedAndGivesOne) {
    std::string logged;
    set_log_sink([&](LogLevel, std::string_view line) { logged = line; });
    EXPECT_EQ(run([]() -> Task<> {
                  throw std::runtime_error("on purpose");
                  co_return;
              }()),
              1);
    EXPECT_NE(logged.find("on purpose"), std::string::npos);
    set_log_sink({});
}

Task<> wait_for_a_message(std::string url, bool& waits) {
    auto socket = co_await connect(url);
    waits = true;
    if (socket) co_await socket->receive();
    ADD_FAILURE() << "the receiver went on after its end";
}

Task<> wait_for_room(std::string url, bool& waits) {
    ConnectOptions options;
    options.limits.max_backlog = std::size_t{1} << 30;
    options.limits.compression = Compression::off;
    options.limits.close_timeout = std::chrono::milliseconds(500);
    auto socket = co_await connect(url, options);
    const std::string block(1'000'000, 'x');
    waits = true;
    while (socket && co_await socket->send(block) != SendStatus::dropped) {
    }
    ADD_FAILURE() << "the sender went on after its end";
}

Task<> leave_while_it_waits(Task<> waiting, bool& waits) {
    spawn(std::move(waiting));
    while (!waits) co_await sleep_for(std::chrono::milliseconds(1));
}

TEST(Client, ACoroutineThatIsDestroyedWhileItWaitsIsForgotten) {
    RunningServer running;
    running.server.websocket("/", echo_handlers());
    running.server.websocket(
        "/deaf", [](WebSocket&) -> Task<> { co_await sleep_for(std::chrono::seconds(60)); });
    running.start();
    bool waits = false;
    EXPECT_EQ(run(leave_while_it_waits(wait_for_a_message(running.url("/"), waits), waits)), 0);
    waits = false;
    EXPECT_EQ(run(leave_while_it_waits(wait_for_room(running.url("/deaf"), waits), waits)), 0);
}

}  // namespace
}  // namespace longwire
