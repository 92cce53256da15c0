#include "engine/client/client_handshake.hpp"
#include "engine/client/connect_plan.hpp"
#include "engine/owned_coroutine.hpp"
#include "engine/testing/test_loops.hpp"
#include "net/stream.hpp"

#include <longwire/testing.hpp>

#include <coroutine>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace longwire {

namespace {

using engine::Worker;

}  // namespace

/// One client, on the clients' loop.
struct TestClient::State {
    explicit State(std::shared_ptr<TestServer::Implementation> its) : test(std::move(its)) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        if (Worker* const worker = test->client(); worker != nullptr) {
            const Worker::Running here(*worker);
            let_go();
        } else {
            let_go();
        }
        test->settle();
    }

    void let_go() noexcept {
        if (handshake) handshake->give_up();
        reader.reset();
        socket.reset();
    }

    /// Awaited by a reader that is paused.
    struct Resumption {
        State& state;
        [[nodiscard]] bool await_ready() const noexcept { return !state.paused; }
        void await_suspend(std::coroutine_handle<> reader) const noexcept {
            state.waiting = reader;
        }
        void await_resume() const noexcept {}
    };

    static engine::OwnedCoroutine read(State& state) {
        while (const auto message = co_await state.socket->receive()) {
            state.messages.push_back({message->type(), std::string(message->text())});
            co_await Resumption{state};
        }
    }

    void done(Result<WebSocket> result) {
        if (!result) {
            error = std::make_unique<Error>(std::move(result.error()));
            return;
        }
        socket = std::make_unique<WebSocket>(std::move(*result));
        reader = read(*this);
    }

    /// Does something on the clients' loop, and what follows from it.
    template <class Function>
    void act(Function function) {
        test->settle();
        Worker* const worker = test->client();
        if (worker == nullptr) return;
        {
            const Worker::Running here(*worker);
            function();
        }
        test->settle();
    }
    /// The same with the socket, if there is one.
    template <class Function>
    void act_on_socket(Function function) {
        act([&] {
            if (socket) function(*socket);
        });
    }

    void vanish() {
        if (socket) return socket->terminate();
        if (error) return;
        handshake->give_up();
        error = std::make_unique<Error>(ErrorCode::cancelled,
                                        "the client has vanished before the server had answered");
    }

    std::shared_ptr<TestServer::Implementation> test;
    std::unique_ptr<engine::ConnectPlan> plan;
    net::Ref<engine::ClientHandshake> handshake;
    std::unique_ptr<const Error> error;
    std::unique_ptr<WebSocket> socket;
    std::deque<TestMessage> messages;
    engine::OwnedCoroutine reader;
    std::coroutine_handle<> waiting;
    bool paused = false;
};

TestClient TestServer::connect(std::string_view target, const ConnectOptions& options,
                               std::string_view address) {
    auto state = std::make_shared<TestClient::State>(implementation_);
    ConnectOptions direct = options;
    direct.environment_proxy = false;
    auto plan = engine::ConnectPlan::make("ws://test" + std::string(target), direct);
    auto carrier = plan ? implementation_->dial(address) : nullptr;
    if (!plan) {
        state->error = std::make_unique<Error>(std::move(plan.error()));
    } else if (!carrier) {
        state->error = std::make_unique<Error>(ErrorCode::connection_refused,
                                               "cannot connect to the tested server: it has ended");
    } else {
        Worker& worker = *implementation_->client();
        const Worker::Running here(worker);
        state->plan = std::move(*plan);
        state->handshake = net::Ref<engine::ClientHandshake>(new engine::ClientHandshake(
            worker, *state->plan,
            [its = state.get()](Result<WebSocket> result) { its->done(std::move(result)); }));
        state->handshake->attach(
            net::Stream::open(worker.loop(), std::move(carrier), state->handshake));
    }
    implementation_->settle();
    return TestClient(std::move(state));
}

TestClient::TestClient(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
TestClient::TestClient(TestClient&&) noexcept = default;
TestClient& TestClient::operator=(TestClient&&) noexcept = default;
TestClient::~TestClient() = default;

ReadyState TestClient::ready_state() const {
    state_->test->settle();
    if (state_->error) return ReadyState::closed;
    return state_->socket ? state_->socket->ready_state() : ReadyState::connecting;
}

const Error* TestClient::error() const {
    return state_->error.get();
}

SendStatus TestClient::send(Message message) {
    SendStatus status = SendStatus::dropped;
    state_->act_on_socket([&](WebSocket& socket) { status = socket.send(message).status(); });
    return status;
}

std::optional<TestMessage> TestClient::receive() {
    state_->test->settle();
    if (state_->messages.empty()) return std::nullopt;
    TestMessage message = std::move(state_->messages.front());
    state_->messages.pop_front();
    return message;
}

std::vector<TestMessage> TestClient::receive_all() {
    std::vector<TestMessage> all;
    while (auto message = receive()) all.push_back(std::move(*message));
    return all;
}

void TestClient::pause() {
    state_->paused = true;
}

void TestClient::resume() {
    state_->paused = false;
    state_->act_on_socket([&](WebSocket&) {
        if (const auto reader = std::exchange(state_->waiting, {})) reader.resume();
    });
}

void TestClient::close(CloseCode code, std::string_view reason) {
    state_->act_on_socket([&](WebSocket& socket) { socket.close(code, reason); });
}

void TestClient::vanish() {
    state_->act([this] { state_->vanish(); });
}

CloseStatus TestClient::close_status() const {
    state_->test->settle();
    return state_->socket ? state_->socket->close_status() : CloseStatus{};
}

std::string TestClient::protocol() const {
    return state_->socket ? std::string(state_->socket->protocol()) : std::string();
}

std::string TestClient::extensions() const {
    return state_->socket ? state_->socket->extensions() : std::string();
}

std::size_t TestClient::buffered_amount() const {
    state_->test->settle();
    return state_->socket ? state_->socket->buffered_amount() : 0;
}

}  // namespace longwire
