#include "engine/client_loop.hpp"

#include "engine/log.hpp"
#include "protocol/masking_key.hpp"

#include <pthread.h>

#include <chrono>
#include <csignal>
#include <utility>

namespace longwire::engine {

namespace {

// For the closing handshakes that are under way when the program ends.
constexpr std::chrono::milliseconds patience_at_exit = std::chrono::seconds(1);

}  // namespace

ClientLoop& ClientLoop::instance() {
    static ClientLoop loop;
    return loop;
}

ClientLoop::ClientLoop() {
    // OpenSSL ends with the program, and what is begun before us ends after us: we need it to say
    // goodbye.
    (void)protocol::random_masking_key();
    auto worker = Worker::create();
    if (!worker) {
        log(LogLevel::error, "no Client can connect: " + worker.error().message());
        return;
    }
    worker_ = std::move(*worker);
    // Signals are for the threads that the program has made itself.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), "longwire-client");
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

ClientLoop::~ClientLoop() {
    if (!works()) return;
    // A handler that calls exit() cannot be waited for by itself.
    if (is_here()) {
        thread_.detach();
        [[maybe_unused]] const Worker* const left = worker_.release();
        return;
    }
    leaving_ = true;
    worker_->loop().wake();
    thread_.join();
}

void ClientLoop::post(std::function<void()> function) {
    if (works()) worker_->loop().post(std::move(function));
}

void ClientLoop::run() {
    const Worker::Running here(*worker_);
    net::Loop& loop = worker_->loop();
    while (!leaving_) loop.turn();
    const auto end = net::Loop::Clock::now() + patience_at_exit;
    loop.turn(std::chrono::milliseconds(0));
    while (loop.stream_count() > 0 && net::Loop::Clock::now() < end)
        loop.turn(std::chrono::milliseconds(50));
    worker_.reset();
}

}  // namespace longwire::engine
