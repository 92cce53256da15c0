#include "engine/testing/test_loops.hpp"

#include "engine/log.hpp"
#include "net/memory_pair.hpp"

#include <algorithm>
#include <utility>

namespace longwire {

namespace {

using engine::Worker;

constexpr int most_turns = 100'000;
constexpr int first_client_port = 50000;
constexpr int client_ports = 10000;

void begin_on(Worker& worker) {
    const Worker::Running here(worker);
    worker.loop().stop_clock();
}

}  // namespace

TestServer::Implementation::Implementation(Server& server) : server_(server.implementation_.get()) {
    auto client = Worker::create();
    if (!client || server_->workers() == nullptr) {
        engine::log(LogLevel::error,
                    client ? "a server without loops cannot be tested" : client.error().message());
        server_ = nullptr;
        return;
    }
    client_ = std::move(*client);
    begin_on(*client_);
    for (std::size_t index = 0; index < server_->workers()->size(); ++index) {
        Worker& worker = (*server_->workers())[index];
        begin_on(worker);
        turning_.push_back(std::make_unique<Turning>(
            Turning{.worker = worker, .turns = Server::Implementation::Turns(*server_, worker)}));
    }
}

/// One turn of each loop that has something to do, or of all. False where none has any more.
bool TestServer::Implementation::turn_all(bool also_idle) {
    for (std::size_t index = 0; index < turning_.size();) {
        auto& [worker, turns] = *turning_[index];
        const Worker::Running here(worker);
        bool goes_on = true;
        if (also_idle || worker.loop().busy()) goes_on = turns.turn(std::chrono::milliseconds(0));
        if (!goes_on) worker.loop().end_all_streams();
        if (goes_on)
            ++index;
        else
            turning_.erase(turning_.begin() + static_cast<std::ptrdiff_t>(index));
    }
    const Worker::Running here(*client_);
    if (also_idle || client_->loop().busy()) client_->loop().turn(std::chrono::milliseconds(0));
    // (What the last has done may be something to do for the first.)
    return client_->loop().busy() ||
           std::ranges::any_of(turning_, [](const auto& its) { return its->worker.loop().busy(); });
}

void TestServer::Implementation::settle() {
    // (A handler may use a client, too: what that causes is done when the handler has returned.)
    if (server_ == nullptr || settling_ || Worker::current() != nullptr) return;
    settling_ = true;
    bool busy = turn_all(true);
    for (int turn = 0; busy && turn < most_turns; ++turn) {
        busy = turn_all(false);
        // What a descriptor has to say is seen by idle loops alone.
        if (!busy) busy = turn_all(true);
    }
    if (busy)
        engine::log(LogLevel::error, "TestServer::settle gave up after " +
                                         std::to_string(most_turns) +
                                         " turns: something always has more to do");
    settling_ = false;
}

void TestServer::Implementation::advance(std::chrono::milliseconds duration) {
    settle();
    if (server_ == nullptr || settling_ || Worker::current() != nullptr) return;
    const auto end = elapsed_ + duration;
    while (elapsed_ < end) {
        std::chrono::milliseconds step = end - elapsed_;
        const auto take_less = [&](net::Loop& loop) {
            const int next = loop.timers().milliseconds_to_next(loop.clock());
            if (next >= 0) step = std::min(step, std::chrono::milliseconds(std::max(next, 1)));
        };
        for (const auto& its : turning_) take_less(its->worker.loop());
        take_less(client_->loop());
        if (server_->leaving()) step = std::min(step, Server::Implementation::Turns::leaving_step);
        for (const auto& its : turning_) its->worker.loop().advance(step);
        client_->loop().advance(step);
        elapsed_ += step;
        settle();
    }
}

std::unique_ptr<net::Carrier> TestServer::Implementation::dial(std::string_view address) {
    if (client() == nullptr || turning_.empty()) return nullptr;
    const std::size_t number = connections_++;
    Worker& worker = turning_[number % turning_.size()]->worker;
    const int port = first_client_port + static_cast<int>(number % client_ports);
    auto pair = net::MemoryPair::make(
        worker.loop(), std::string(address) + ":" + std::to_string(port), client_->loop(), "test");
    const Worker::Running here(worker);
    server_->begin(worker, std::move(pair.first));
    return std::move(pair.second);
}

net::Stream* TestServer::Implementation::open(std::string_view address,
                                              net::Ref<net::Session> session) {
    settle();
    auto carrier = dial(address);
    if (!carrier) return nullptr;
    const Worker::Running here(*client_);
    return &net::Stream::open(client_->loop(), std::move(carrier), std::move(session));
}

void TestServer::Implementation::end() {
    if (server_ == nullptr) return;
    for (const auto& its : turning_) {
        const Worker::Running here(its->worker);
        its->worker.loop().end_all_streams();
    }
    turning_.clear();
    const Worker::Running here(*client_);
    client_->loop().end_all_streams();
    server_ = nullptr;
}

// ---- what tests see -----------------------------------------------------------------------------

TestServer::TestServer(Server& server) : implementation_(std::make_shared<Implementation>(server)) {
    implementation_->settle();
}

TestServer::~TestServer() {
    implementation_->end();
}

void TestServer::settle() {
    implementation_->settle();
}

void TestServer::advance(std::chrono::milliseconds duration) {
    implementation_->advance(duration);
}

std::chrono::milliseconds TestServer::elapsed() const noexcept {
    return implementation_->elapsed();
}

}  // namespace longwire
