#include "engine/log.hpp"
#include "engine/worker.hpp"
#include "net/fine_timer.hpp"
#include "net/readiness.hpp"

#include <longwire/run.hpp>

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace longwire {

namespace {

using engine::Worker;

void log_escaped(void* /*context*/, const std::exception_ptr& exception) {
    if (!exception) return;
    try {
        std::rethrow_exception(exception);
    } catch (...) {
        engine::log(LogLevel::error, "a task ended with an exception: " +
                                         std::string(engine::current_exception_words()));
    }
}

Task<> keep_result(Task<int> task, int& result) {
    result = co_await task;
}

int run_to_end(Task<> task, const int& result) {
    if (Worker::current() != nullptr) {
        engine::log(LogLevel::error,
                    "run was called on a thread that already runs a loop; use "
                    "spawn, or co_await the task");
        return 1;
    }
    auto worker = Worker::create();
    if (!worker) {
        engine::log(LogLevel::error, worker.error().message());
        return 1;
    }
    const Worker::Running here(**worker);
    std::optional<bool> succeeded;
    (*worker)->spawn(std::move(task), {.tell =
                                           [](void* context, const std::exception_ptr& exception) {
                                               log_escaped(nullptr, exception);
                                               static_cast<std::optional<bool>*>(context)->emplace(
                                                   exception == nullptr);
                                           },
                                       .context = &succeeded});
    net::Loop& loop = (*worker)->loop();
    while (!succeeded) loop.turn();
    (*worker)->end_tasks();
    // The closing handshakes of what the tasks held; each has its time limit.
    while (loop.stream_count() > 0) loop.turn();
    return *succeeded ? result : 1;
}

}  // namespace

int run(Task<> task) {
    const int result = 0;
    return run_to_end(std::move(task), result);
}

int run(Task<int> task) {
    int result = 0;
    return run_to_end(keep_result(std::move(task), result), result);
}

void spawn(Task<> task) {
    if (Worker* const worker = Worker::current())
        worker->spawn(std::move(task), {.tell = log_escaped});
    else
        engine::log(LogLevel::error,
                    "spawn was called on a thread that runs no loop; the task was not started");
}

struct Sleep::Waiting final : private net::FineTimer {
    Waiting(Worker& worker, std::chrono::milliseconds duration, std::coroutine_handle<> waiting)
        : awaiter(waiting) {
        // (Longer than the clock can count is for ever.)
        constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 365 * 100);
        start(worker.loop(), worker.loop().clock() + std::min(duration, longest));
    }
    void on_due() override { awaiter.resume(); }

    std::coroutine_handle<> awaiter;
};

Sleep::Sleep(std::chrono::milliseconds duration) noexcept : duration_(duration) {}
Sleep::Sleep(Sleep&&) noexcept = default;
Sleep::~Sleep() = default;

bool Sleep::await_suspend(std::coroutine_handle<> awaiter) {
    Worker* const worker = Worker::current();
    if (worker == nullptr) {
        engine::log(LogLevel::error, "sleep_for was awaited on a thread that runs no loop");
        return false;
    }
    waiting_ = std::make_unique<Waiting>(*worker, duration_, awaiter);
    return true;
}

struct Readable::Waiting {
    explicit Waiting(net::Loop& loop) noexcept : readiness(loop) {}
    net::Readiness readiness;
};

Readable::Readable(int descriptor) noexcept : descriptor_(descriptor) {}
Readable::Readable(Readable&&) noexcept = default;
Readable::~Readable() = default;

bool Readable::await_suspend(std::coroutine_handle<> awaiter) {
    Worker* const worker = Worker::current();
    if (worker == nullptr) {
        engine::log(LogLevel::error, "readable was awaited on a thread that runs no loop");
        return false;
    }
    waiting_ = std::make_unique<Waiting>(worker->loop());
    return waiting_->readiness.start(descriptor_, [awaiter] { awaiter.resume(); });
}

}  // namespace longwire
