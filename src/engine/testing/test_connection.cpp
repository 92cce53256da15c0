#include "engine/testing/test_loops.hpp"
#include "net/session.hpp"
#include "net/stream.hpp"

#include <longwire/testing.hpp>

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace longwire {

/// What has come of it, and what carries it.
struct TestConnection::State {
    std::shared_ptr<TestServer::Implementation> test;
    net::Stream* stream = nullptr;
    std::string received;
    bool ended = false;

    class Reading;
};

/// The session of that stream.
class TestConnection::State::Reading final : public net::Session {
public:
    explicit Reading(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}

    void on_receive(std::span<std::byte> bytes) override {
        state_->received.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    void on_end() override { state_->ended = true; }
    void on_drained() override {}
    void on_timer() override {}
    void on_leaving() override {}
    void on_closed(net::Ending /*ending*/) override {
        state_->stream = nullptr;
        state_->ended = true;
    }

private:
    std::shared_ptr<State> state_;
};

TestConnection TestServer::open(std::string_view address) {
    const auto state = std::make_shared<TestConnection::State>();
    state->test = implementation_;
    state->stream = implementation_->open(address, net::Ref<TestConnection::State::Reading>(
                                                       new TestConnection::State::Reading(state)));
    state->ended = state->stream == nullptr;
    implementation_->settle();
    return TestConnection(state);
}

TestConnection::TestConnection(std::shared_ptr<State> state) noexcept : state_(std::move(state)) {}
TestConnection::TestConnection(TestConnection&&) noexcept = default;
TestConnection& TestConnection::operator=(TestConnection&& other) noexcept {
    if (this == &other) return *this;
    end();
    state_ = std::move(other.state_);
    return *this;
}
TestConnection::~TestConnection() {
    end();
}

void TestConnection::end() noexcept {
    if (state_) state_->test->act(state_->stream, [](net::Stream& stream) { stream.close(); });
}

void TestConnection::send(std::string_view bytes) {
    state_->test->act(state_->stream, [bytes](net::Stream& stream) {
        stream.write(std::as_bytes(std::span(bytes)));
    });
}

std::string TestConnection::receive() {
    state_->test->settle();
    return std::exchange(state_->received, {});
}

bool TestConnection::ended() const noexcept {
    return state_->ended;
}

}  // namespace longwire
