#pragma once

#include <longwire/close_code.hpp>
#include <longwire/connect.hpp>
#include <longwire/error.hpp>
#include <longwire/message.hpp>
#include <longwire/ready_state.hpp>
#include <longwire/request.hpp>
#include <longwire/send_status.hpp>
#include <longwire/server.hpp>
#include <longwire/websocket.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Tests of what stands on a Server, without ports and without waiting:
///
///     longwire::Server server;
///     server.websocket("/echo", echo_handlers());
///     longwire::TestServer test(server);
///     longwire::TestClient client = test.connect("/echo");
///     client.send("hello");
///     EXPECT_EQ(client.receive(), "hello");
///     test.advance(31s);  // the server has sent a ping, and the client has answered
///
/// All of it runs on the calling thread, handlers and coroutines too. The clients are connected
/// through memory; everything above the socket is as in production: HTTP, the handshake, masks,
/// compression, back pressure, limits, timeouts.
namespace longwire {

/// A message as a TestClient has got it. It owns its payload.
struct TestMessage {
    MessageType type = MessageType::text;
    std::string payload;

    [[nodiscard]] bool is_text() const noexcept { return type == MessageType::text; }
    friend bool operator==(const TestMessage& message, std::string_view payload) noexcept {
        return message.payload == payload;
    }
};

/// One HTTP request, as a client sends it, or as a handler that is called directly gets it.
struct TestRequest {
    std::string method = "GET";
    std::string target = "/";  ///< Path and query, percent-encoded.
    /// A Host of "test" and the Content-Length of the body are added.
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string body = {};
    std::string address = "192.0.2.1";  ///< The client's; its port is 50000.
    /// What the route's pattern has matched: pairs of name and value. Only for `make`: a server
    /// finds them itself.
    std::vector<std::pair<std::string, std::string>> parameters = {};

    /// The Request that a handler would get, to call the handler with. Errors: invalid_argument,
    /// where it is not a request that a server would accept; the message says why not.
    [[nodiscard]] Result<Request> make() const;
};

/// What a server has answered to a TestRequest, so far. It may be complete, or still be coming: an
/// answer that is given later, or a stream. Copies refer to the same answer. Let it go before its
/// TestServer, or keep it: then it stays as it was.
class TestAnswer {
public:
    /// 0 until the head of the answer has come.
    [[nodiscard]] int status() const noexcept;
    /// The value of the first field of that name (any case); nothing where there is none.
    [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
    /// What has come of the body, without its transfer coding; at most 16 MiB of it.
    [[nodiscard]] std::string_view body() const noexcept;
    [[nodiscard]] bool complete() const noexcept;
    /// Whether the connection has ended before the answer was complete.
    [[nodiscard]] bool broken() const noexcept;
    /// The client goes away.
    void leave();

private:
    friend class TestServer;
    struct State;
    explicit TestAnswer(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
};

/// A client of a TestServer: a whole WebSocket client, with a keyboard for a test. Each call does
/// what has to be done first, so that a test reads from top to bottom. Destroying it while it is
/// open closes the connection with 1000.
class TestClient {
public:
    /// `open` right after `connect`, unless the server has refused (then `closed`), or has yet to
    /// decide (`connecting`).
    [[nodiscard]] ReadyState ready_state() const;
    /// Why there is no connection; null where there is, was, or may still be one. For a refusal
    /// `Error::answer` has the server's answer.
    [[nodiscard]] const Error* error() const;

    SendStatus send(Message message);
    SendStatus send(std::string_view text) { return send(Message::text(text)); }
    /// The next message that has come; nothing where none has.
    [[nodiscard]] std::optional<TestMessage> receive();
    /// All that have come.
    [[nodiscard]] std::vector<TestMessage> receive_all();

    /// From now on the client reads nothing, until `resume`: a slow consumer. What the connection
    /// holds (64 KiB) and what the client keeps of one message still pass.
    void pause();
    void resume();

    /// Starts the closing handshake, and finishes it where the server answers at once.
    void close(CloseCode code = CloseCode::normal, std::string_view reason = {});
    /// The connection breaks: no close frame, no end. While it is `connecting`, too; the error is
    /// then `cancelled`.
    void vanish();
    /// How the connection ended, as the client has it; 1006 before the end. (Its reason is valid as
    /// long as this object.)
    [[nodiscard]] CloseStatus close_status() const;

    /// The subprotocol and the extensions that were agreed on.
    [[nodiscard]] std::string protocol() const;
    [[nodiscard]] std::string extensions() const;
    /// Bytes that the client has sent and that have not left it, since the server does not read.
    [[nodiscard]] std::size_t buffered_amount() const;

    TestClient(TestClient&&) noexcept;
    TestClient& operator=(TestClient&&) noexcept;
    TestClient(const TestClient&) = delete;
    TestClient& operator=(const TestClient&) = delete;
    ~TestClient();

private:
    friend class TestServer;
    struct State;
    explicit TestClient(std::shared_ptr<State> state) noexcept;
    std::shared_ptr<State> state_;
};

/// A connection to a TestServer whose bytes the test itself writes and reads: half a request, a
/// frame byte by byte, what no client would send. Each call does what has to be done first.
/// Destroying it ends the connection at once.
class TestConnection {
public:
    /// What the connection does not take (64 KiB wait for a server that does not read) waits here.
    void send(std::string_view bytes);
    /// What has come since the last call.
    [[nodiscard]] std::string receive();
    /// Whether the server has ended its side, or the connection.
    [[nodiscard]] bool ended() const noexcept;

    TestConnection(TestConnection&&) noexcept;
    TestConnection& operator=(TestConnection&&) noexcept;
    TestConnection(const TestConnection&) = delete;
    TestConnection& operator=(const TestConnection&) = delete;
    ~TestConnection();

private:
    friend class TestServer;
    struct State;
    explicit TestConnection(std::shared_ptr<State> state) noexcept;
    void end() noexcept;
    std::shared_ptr<State> state_;
};

/// Serves clients in memory, on the calling thread, with a clock that stands still until it is
/// advanced. The server is set up as for `run`, which is not called; it must outlive this, and have
/// one TestServer at a time. All of its loops run on this thread, one after the other. What other
/// threads or the network have to do first (a name to be looked up, a call to another server) is
/// not waited for. Calendar time (the `exp` of a token, the Date of an answer) is that of the
/// system. One thread.
class TestServer {
public:
    /// The clock stands still from here on.
    explicit TestServer(Server& server);
    /// Ends all connections at once.
    ~TestServer();
    TestServer(const TestServer&) = delete;
    TestServer& operator=(const TestServer&) = delete;

    /// Connects a client from `address` to `target` (path and query), by `ws:`, and makes the
    /// opening handshake. (Of the options, those of TLS, proxies, redirects and addresses have no
    /// effect.)
    [[nodiscard]] TestClient connect(std::string_view target, const ConnectOptions& options,
                                     std::string_view address = "192.0.2.1");
    [[nodiscard]] TestClient connect(std::string_view target) {
        return connect(target, ConnectOptions());
    }
    /// Sends a request on a connection of its own.
    TestAnswer request(const TestRequest& request);
    TestAnswer get(std::string_view target) {
        return request(TestRequest{.target = std::string(target)});
    }

    /// Opens a connection and sends nothing.
    [[nodiscard]] TestConnection open(std::string_view address = "192.0.2.1");

    /// Runs everything that is due now, including effects of one connection on another. `connect`,
    /// `request`, `advance` and the functions of a client do so too. It gives up after 100,000
    /// turns, with a line to the log sink: something then goes round in circles.
    void settle();
    /// Moves the clock, and does what falls due on the way, each at its millisecond and in order.
    void advance(std::chrono::milliseconds duration);
    /// How far the clock has been moved.
    [[nodiscard]] std::chrono::milliseconds elapsed() const noexcept;

private:
    friend class TestAnswer;
    friend class TestClient;
    friend class TestConnection;
    class Implementation;
    std::shared_ptr<Implementation> implementation_;
};

}  // namespace longwire
