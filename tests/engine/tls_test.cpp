// wss: and https: over real sockets: our client with our server, and each with a peer that does
// not speak TLS.
#include "certificates.hpp"
#include "raw_client.hpp"
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <string>
#include <vector>

namespace longwire {
namespace {

class Tls : public testing::Test {
protected:
    void start(ServerTls tls = {}) {
        if (tls.certificates.empty() && !tls.self_signed)
            tls.certificates = {certificates.issue("server")};
        ListenOptions options;
        options.tls = tls;
        running.start(options);
        client.roots_file = certificates.root_file();
    }

    [[nodiscard]] std::string url(std::string_view path) const {
        return "wss://localhost:" + std::to_string(running.port) + std::string(path);
    }

    [[nodiscard]] ConnectOptions options() const {
        ConnectOptions options;
        options.tls = client;
        return options;
    }

    Certificates certificates;
    RunningServer running;
    ClientTls client;
};

Task<> send_and_receive(std::string url, ConnectOptions options, std::vector<std::string> messages,
                        std::vector<std::string>& received) {
    auto socket = co_await connect(url, options);
    if (!socket) {
        ADD_FAILURE() << socket.error().message();
        co_return;
    }
    for (const std::string& message : messages) {
        co_await socket->send(message);
        const auto answer = co_await socket->receive();
        if (answer) received.emplace_back(answer->text());
    }
    socket->close();
    while (co_await socket->receive()) {
    }
    EXPECT_EQ(socket->close_status().code, CloseCode::normal);
}

Task<> fail_to_connect(std::string url, ConnectOptions options, ErrorCode& code,
                       std::string& message) {
    const auto socket = co_await connect(url, options);
    if (socket) co_return;
    code = socket.error().code();
    message = socket.error().message();
}

TEST_F(Tls, EchoesMessagesOfEverySize) {
    running.server.websocket("/echo", echo_handlers(), {.limits = {.max_message_size = 32 << 20}});
    start();
    ConnectOptions large = options();
    large.limits.max_message_size = 32 << 20;
    const std::vector<std::string> messages = {
        "", "hello", std::string(16384, 'a'), std::string(70'000, 'b'), std::string(20 << 20, 'c')};
    std::vector<std::string> received;
    EXPECT_EQ(run(send_and_receive(url("/echo"), large, messages, received)), 0);
    EXPECT_TRUE(received == messages);
}

TEST_F(Tls, TellsTheHandlerThatTheRequestWasSecure) {
    running.server.http("GET", "/", [](const Request& request) {
        return Response::text(200, request.secure() ? "secure" : "open");
    });
    std::promise<bool> secure;
    running.server.websocket("/", {.on_open = [&](WebSocket&, const Request& request) {
                                 secure.set_value(request.secure());
                             }});
    start();
    std::vector<std::string> received;
    EXPECT_EQ(run(send_and_receive(url("/"), options(), {}, received)), 0);
    EXPECT_TRUE(secure.get_future().get());
}

TEST_F(Tls, TellsTheHandlerWhoTheClientIs) {
    std::promise<std::string> subject;
    running.server.websocket("/", {.on_open = [&](WebSocket&, const Request& request) {
                                 subject.set_value(std::string(request.client_certificate()));
                             }});
    ServerTls tls;
    tls.client_certificates = ClientCertificates::needed;
    tls.client_roots_file = certificates.root_file();
    start(tls);
    const auto alice =
        certificates.issue("alice", {.names = "email:a@b.c", .common_name = "alice"});
    client.certificate_file = alice.certificate_file;
    client.key_file = alice.key_file;
    std::vector<std::string> received;
    EXPECT_EQ(run(send_and_receive(url("/"), options(), {}, received)), 0);
    EXPECT_EQ(subject.get_future().get(), "CN=alice");
}

TEST_F(Tls, ACertificateThatIsNotTrustedIsAnErrorOfItsOwn) {
    start();
    client = {};
    ErrorCode code = {};
    std::string message;
    EXPECT_EQ(run(fail_to_connect(url("/"), options(), code, message)), 0);
    EXPECT_EQ(code, ErrorCode::certificate_rejected) << message;
    EXPECT_NE(message.find("not among the trusted roots"), std::string::npos) << message;
}

TEST_F(Tls, FilesOfTheClientThatCannotBeUsedAreNamed) {
    const std::string missing = certificates.file("missing.pem");
    client.roots_file = missing;
    ErrorCode code = {};
    std::string message;
    EXPECT_EQ(run(fail_to_connect("wss://127.0.0.1:1/", options(), code, message)), 0);
    EXPECT_EQ(code, ErrorCode::certificate_unusable);
    EXPECT_NE(message.find(missing), std::string::npos) << message;
}

TEST_F(Tls, APlainRequestIsToldToUseTls) {
    start();
    RawClient plain(running.port);
    plain.send("GET /chat HTTP/1.1\r\nHost: example.org\r\n\r\n");
    const std::string answer = plain.read_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
    EXPECT_NE(answer.find("TLS only. Use wss:// or https:// here: https://example.org"),
              std::string::npos)
        << answer;
    EXPECT_FALSE(plain.was_reset());
}

TEST_F(Tls, APlainHandshakeIsToldToUseTls) {
    running.server.websocket("/echo", echo_handlers());
    start();
    RawClient plain(running.port);
    EXPECT_TRUE(plain.upgrade("/echo").starts_with("HTTP/1.1 400 "));
}

TEST_F(Tls, NoiseIsAnsweredInHttp) {
    start();
    RawClient plain(running.port);
    plain.send("\x80\x2e\x01\r\n\r\n");
    EXPECT_TRUE(plain.read_all().starts_with("HTTP/1.1 400 "));
}

TEST(PlainPort, TellsATlsClient) {
    RunningServer running;
    running.start();
    RawClient hello(running.port);
    hello.send(std::string("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", 10));
    const std::string answer = hello.read_all();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 400 ")) << answer;
    EXPECT_NE(answer.find("This port does not speak TLS."), std::string::npos) << answer;
}

TEST(PlainPort, OurClientSaysThatTheServerDoesNotSpeakTls) {
    RunningServer running;
    running.start();
    ErrorCode code = {};
    std::string message;
    const std::string url = "wss://" + running.address + "/";
    EXPECT_EQ(run(fail_to_connect(url, {}, code, message)), 0);
    EXPECT_EQ(code, ErrorCode::tls_failed);
    EXPECT_NE(message.find("does not speak TLS on this port"), std::string::npos) << message;
}

Task<> stay_through_a_reload(std::string url, ConnectOptions options,
                             std::function<void()> reload) {
    auto socket = co_await connect(url, options);
    if (!socket) {
        ADD_FAILURE() << socket.error().message();
        co_return;
    }
    co_await socket->send("before");
    EXPECT_TRUE(co_await socket->receive());
    reload();
    co_await socket->send("after");
    const auto answer = co_await socket->receive();
    if (!answer) {
        ADD_FAILURE() << "the connection ended";
        co_return;
    }
    EXPECT_EQ(answer->text(), "after");
}

TEST_F(Tls, ReloadsCertificatesWithoutDroppingAConnection) {
    running.server.websocket("/echo", echo_handlers());
    start();
    const auto reload = [&] {
        // The same files, from another root.
        const auto files = certificates.issue("other", {.self_signed = true});
        std::filesystem::copy_file(files.certificate_file, certificates.file("server.pem"),
                                   std::filesystem::copy_options::overwrite_existing);
        std::filesystem::copy_file(files.key_file, certificates.file("server.key"),
                                   std::filesystem::copy_options::overwrite_existing);
        std::promise<bool> reloaded;
        running.server.post(
            [&] { reloaded.set_value(running.server.reload_certificates().has_value()); });
        EXPECT_TRUE(reloaded.get_future().get());
    };
    EXPECT_EQ(run(stay_through_a_reload(url("/echo"), options(), reload)), 0);
    // A client that knows only the new one, and has no session to resume.
    const std::string fresh = certificates.file("other.pem");
    client.roots_file = fresh;
    std::vector<std::string> received;
    EXPECT_EQ(run(send_and_receive(url("/echo"), options(), {"new"}, received)), 0);
    EXPECT_EQ(received.size(), 1U);
}

TEST_F(Tls, AFailedReloadChangesNothing) {
    running.server.websocket("/echo", echo_handlers());
    start();
    certificates.write("server.pem", "nothing");
    std::promise<std::string> error;
    running.server.post([&] {
        const auto reloaded = running.server.reload_certificates();
        error.set_value(reloaded ? "none" : reloaded.error().message());
    });
    EXPECT_NE(error.get_future().get().find("server.pem"), std::string::npos);
    std::vector<std::string> received;
    EXPECT_EQ(run(send_and_receive(url("/echo"), options(), {"still"}, received)), 0);
    EXPECT_EQ(received.size(), 1U);
}

TEST_F(Tls, ASelfSignedCertificateIsForTheDesk) {
    running.server.websocket("/echo", echo_handlers());
    start({.self_signed = true});
    client = {.verify = false};
    std::vector<std::string> received;
    EXPECT_EQ(run(send_and_receive(url("/echo"), options(), {"hi"}, received)), 0);
    EXPECT_EQ(received.size(), 1U);
}

TEST_F(Tls, AClientThatNeverBeginsIsLetGo) {
    RunningServer impatient({.handshake_timeout = std::chrono::milliseconds(500)});
    ListenOptions listening;
    listening.tls = ServerTls{.self_signed = true};
    impatient.start(listening);
    RawClient silent(impatient.port);
    EXPECT_EQ(silent.read_all(), "");
    RawClient half(impatient.port);
    half.send("\x16\x03");
    EXPECT_EQ(half.read_all(), "");
}

Task<> drain_in_the_end(std::string url, ConnectOptions options, std::size_t expected,
                        std::size_t& total) {
    auto socket = co_await connect(url, options);
    if (!socket) {
        ADD_FAILURE() << socket.error().message();
        co_return;
    }
    co_await socket->send("go");
    // The server has filled all buffers before anything is read.
    co_await sleep_for(std::chrono::milliseconds(300));
    while (total < expected) {
        const auto message = co_await socket->receive();
        if (!message) break;
        total += message->size();
    }
}

TEST_F(Tls, ManyMessagesWaitForASlowReaderAndArriveInOrder) {
    constexpr std::size_t size = 100'000;
    constexpr std::size_t count = 640;  // 64 MB, more than the kernel takes
    running.server.websocket("/flood",
                             [](WebSocket& socket) -> Task<> {
                                 if (!co_await socket.receive()) co_return;
                                 for (std::size_t index = 0; index < count; ++index) {
                                     const std::string message(size,
                                                               static_cast<char>('a' + index % 26));
                                     co_await socket.send(message);
                                 }
                                 while (co_await socket.receive()) {
                                 }
                             },
                             {.limits = {.compression = Compression::off}});
    start();
    std::size_t total = 0;
    EXPECT_EQ(run(drain_in_the_end(url("/flood"), options(), size * count, total)), 0);
    EXPECT_EQ(total, size * count);
}

TEST_F(Tls, SharedMessagesReachEveryMember) {
    std::vector<Handle> members;
    running.server.websocket(
        "/room",
        {.on_open = [&](WebSocket& socket, const Request&) { members.push_back(socket.handle()); },
         .on_message =
             [&](WebSocket&, Message) {
                 const std::string large(100'000, 'z');
                 const auto shared = PreparedMessage(Message::text(large));
                 for (Handle& member : members) member.send(shared);
             }});
    start();
    std::vector<std::string> received;
    EXPECT_EQ(run(send_and_receive(url("/room"), options(), {"go", "go"}, received)), 0);
    ASSERT_EQ(received.size(), 2U);
    EXPECT_EQ(received[1], std::string(100'000, 'z'));
}

}  // namespace
}  // namespace longwire
