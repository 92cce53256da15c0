#include "engine/worker.hpp"

#include <exception>
#include <utility>

namespace longwire::engine {

namespace {
thread_local Worker* running = nullptr;
}

/// The coroutine at the bottom of a spawned task: takes itself off the worker's list at its end.
struct Worker::Root {
    struct promise_type {
        Worker& worker;

        promise_type(Worker& owner, const Task<>& /*task*/,
                     const std::function<void(std::exception_ptr)>& /*ended*/)
            : worker(owner) {}
        Root get_return_object() {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
        [[nodiscard]] std::suspend_never final_suspend() noexcept {
            worker.roots_.erase(std::coroutine_handle<promise_type>::from_promise(*this).address());
            return {};
        }
        void return_void() const noexcept {}
        // `ended` is ours, and must not throw.
        [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
    };

    std::coroutine_handle<promise_type> coroutine;
};

Worker::Root Worker::run_root(Worker& /*worker*/, Task<> task,
                              std::function<void(std::exception_ptr)> ended) {
    std::exception_ptr exception;
    try {
        co_await task;
    } catch (...) {
        exception = std::current_exception();
    }
    ended(exception);
}

Result<std::unique_ptr<Worker>> Worker::create() {
    auto loop = net::Loop::create();
    if (!loop) return std::unexpected(std::move(loop.error()));
    return std::unique_ptr<Worker>(new Worker(std::move(*loop)));
}

Worker::Worker(std::unique_ptr<net::Loop> loop) : loop_(std::move(loop)) {
    auto [number, entry] = LoopRegistry::enter(*loop_);
    number_ = number;
    entry_ = std::move(entry);
}

Worker::~Worker() {
    accepting_ = false;
    LoopRegistry::leave(number_);
    entry_->loop_is_gone();
    const Running here(*this);
    loop_->end_all_streams();
    // What still has not ended is suspended on something that will not come.
    end_tasks();
    loop_.reset();
}

void Worker::end_tasks() {
    while (!roots_.empty()) {
        void* const frame = *roots_.begin();
        roots_.erase(roots_.begin());
        std::coroutine_handle<>::from_address(frame).destroy();
    }
}

protocol::Compression& Worker::compression(int window_bits, std::size_t threshold) {
    for (const auto& known : compressions_)
        if (known->window_bits == window_bits && known->threshold == threshold) return *known;
    compressions_.push_back(
        std::make_unique<protocol::Compression>(window_bits, false, false, threshold));
    return *compressions_.back();
}

Worker* Worker::current() noexcept {
    return running;
}

Worker::Running::Running(Worker& worker) noexcept : outer_(std::exchange(running, &worker)) {}
Worker::Running::~Running() {
    running = outer_;
}

void Worker::spawn(Task<> task, std::function<void(std::exception_ptr)> ended) {
    const Root root = run_root(*this, std::move(task), std::move(ended));
    roots_.insert(root.coroutine.address());
    root.coroutine.resume();
}

}  // namespace longwire::engine
