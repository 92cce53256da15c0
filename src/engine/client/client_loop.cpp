#include "engine/client/client_loop.hpp"

#include "engine/client/client_session.hpp"
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

std::atomic<std::uint16_t> forked = 0;

/// What guards the making of a loop.
std::mutex& making() {
    static std::mutex mutex;
    return mutex;
}

/// The child has no other thread that could unlock what one of them held in that moment. The
/// mutexes within which others are taken come first.
void before_fork() {
    making().lock();
    ClientSession::lock_all();
    LoopRegistry::lock();
    lock_log();
}

void after_fork() {
    unlock_log();
    LoopRegistry::unlock();
    ClientSession::unlock_all();
    making().unlock();
}

}  // namespace

std::atomic<ClientLoop*> ClientLoop::latest_ = nullptr;

std::uint16_t ClientLoop::forks() noexcept {
    return forked.load(std::memory_order_relaxed);
}

void ClientLoop::after_fork_in_child() {
    ++forked;
    latest_ = nullptr;
    after_fork();
}

/// Ends the loop with the program.
class ClientLoop::Ending {
public:
    Ending() noexcept = default;
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;
    ~Ending() {
        if (ClientLoop* const loop = latest_.load()) loop->end();
    }
};

ClientLoop& ClientLoop::instance() {
    if (ClientLoop* const loop = latest_.load(std::memory_order_acquire)) return *loop;
    const std::scoped_lock lock(making());
    if (ClientLoop* const loop = latest_.load()) return *loop;
    static const int watched = pthread_atfork(before_fork, after_fork, after_fork_in_child);
    // (Each is kept for good, and found by whoever looks for what was forgotten.)
    static std::vector<ClientLoop*>& all = *new std::vector<ClientLoop*>;
    all.push_back(new ClientLoop);
    if (watched != 0)
        log(LogLevel::warning, "a child that is forked cannot have Clients: pthread_atfork failed");
    static const Ending ending;
    latest_.store(all.back(), std::memory_order_release);
    return *all.back();
}

ClientLoop::ClientLoop() {
    // What the loop's thread uses to its end has to be there before it, so as to go after it: what
    // OpenSSL tidies at exit, and the log.
    (void)protocol::random_masking_key();
    log(LogLevel::debug, "the first Client begins the loop of all of them");
    auto worker = Worker::create();
    if (!worker) {
        log(LogLevel::error, "no Client can connect: " + worker.error().message());
        return;
    }
    worker_ = std::move(*worker);
    entry_ = worker_->shared_entry();
    works_ = true;
    // Signals are for the threads that the program has made itself.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    thread_id_ = thread_.get_id();
    pthread_setname_np(thread_.native_handle(), "longwire-client");
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void ClientLoop::end() {
    if (!works_) return;
    // A handler that calls exit() cannot be waited for by itself.
    if (is_here()) {
        thread_.detach();
        return;
    }
    works_ = false;
    entry_->wake();
    thread_.join();
}

void ClientLoop::post(std::function<void()> function) {
    if (entry_) entry_->post(std::move(function));
}

void ClientLoop::keep(std::shared_ptr<const void> remains) {
    const std::scoped_lock lock(remains_mutex_);
    remains_.push_back(std::move(remains));
}

void ClientLoop::keep_of_parent(std::shared_ptr<const void> remains) {
    static auto& all = *new std::vector<std::shared_ptr<const void>>;
    const std::scoped_lock lock(making());
    all.push_back(std::move(remains));
}

void ClientLoop::run() {
    const Worker::Running here(*worker_);
    net::Loop& loop = worker_->loop();
    while (works_) loop.turn();
    const auto end = net::Loop::Clock::now() + patience_at_exit;
    loop.turn(std::chrono::milliseconds(0));
    while (loop.stream_count() > 0 && net::Loop::Clock::now() < end)
        loop.turn(std::chrono::milliseconds(50));
    worker_.reset();
}

void ClientLoop::Turn::await_suspend(std::coroutine_handle<> awaiter) {
    awaiter_ = awaiter;
    const bool first = loop_.waiting_ == nullptr;
    next_ = loop_.waiting_;
    if (next_ != nullptr) next_->to_this_ = &next_;
    to_this_ = &loop_.waiting_;
    loop_.waiting_ = this;
    if (first) loop_.post([&loop = loop_] { loop.resume_turns(); });
}

void ClientLoop::Turn::unlink() noexcept {
    if (to_this_ == nullptr) return;
    *to_this_ = next_;
    if (next_ != nullptr) next_->to_this_ = to_this_;
    to_this_ = nullptr;
}

void ClientLoop::resume_turns() {
    // Those who begin to wait meanwhile wait for the next.
    resuming_ = std::exchange(waiting_, nullptr);
    if (resuming_ != nullptr) resuming_->to_this_ = &resuming_;
    while (resuming_ != nullptr) {
        Turn& turn = *resuming_;
        turn.unlink();
        turn.awaiter_.resume();
    }
}

}  // namespace longwire::engine
