#include "engine/worker.hpp"

#include "engine/log.hpp"

#include <exception>
#include <string>
#include <utility>

namespace longwire::engine {

namespace {
thread_local Worker* running = nullptr;
}

/// A place in the worker's list of spawned tasks, within the frame of one.
struct Worker::RootLink {
    RootLink* next = nullptr;
    RootLink** to_this = nullptr;

    void unlink() noexcept {
        *to_this = next;
        if (next != nullptr) next->to_this = to_this;
    }
};

/// The coroutine at the bottom of a spawned task: takes itself off the worker's list at its end.
struct Worker::Root {
    struct promise_type : RootLink {
        promise_type(Worker& worker, const Task<>& /*task*/, const Ended& /*ended*/) noexcept {
            next = worker.roots_;
            to_this = &worker.roots_;
            if (next != nullptr) next->to_this = &next;
            worker.roots_ = this;
        }
        Root get_return_object() {
            return {std::coroutine_handle<promise_type>::from_promise(*this)};
        }
        [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
        [[nodiscard]] std::suspend_never final_suspend() noexcept {
            unlink();
            return {};
        }
        void return_void() const noexcept {}
        // `ended` is ours, and must not throw.
        [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
    };

    std::coroutine_handle<promise_type> coroutine;
};

Worker::Root Worker::run_root(Worker& /*worker*/, Task<> task, Ended ended) {
    std::exception_ptr exception;
    try {
        co_await task;
    } catch (...) {
        exception = std::current_exception();
    }
    ended.tell(ended.context, exception);
}

namespace {

void log_posted() noexcept {
    log(LogLevel::error,
        "a posted function threw an exception: " + std::string(current_exception_words()));
}

}  // namespace

Result<std::unique_ptr<Worker>> Worker::create() {
    net::Inbox::on_exception(log_posted);
    auto loop = net::Loop::create();
    if (!loop) return Failure(std::move(loop.error()));
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
    const Running here(*this);
    loop_->end_all_streams();
    // What still has not ended is suspended on something that will not come.
    end_tasks();
    loop_.reset();
}

void Worker::end_tasks() {
    while (roots_ != nullptr) {
        auto& promise = static_cast<Root::promise_type&>(*roots_);
        promise.unlink();
        std::coroutine_handle<Root::promise_type>::from_promise(promise).destroy();
    }
}

protocol::Compression& Worker::compression(int window_bits, std::size_t threshold) {
    for (const auto& known : compressions_)
        if (known->window_bits == window_bits && known->threshold == threshold) return *known;
    compressions_.push_back(
        std::make_unique<protocol::Compression>(window_bits, false, false, threshold));
    return *compressions_.back();
}

LoopEntry* Worker::entry_of(std::uint32_t number) {
    if (number == number_) return entry_.get();
    for (const auto& [known, entry] : others_)
        if (known == number) return entry->gone() ? nullptr : entry.get();
    auto found = LoopRegistry::find(number);
    if (!found) return nullptr;
    std::erase_if(others_, [](const auto& other) { return other.second->gone(); });
    return others_.emplace_back(number, std::move(found)).second.get();
}

Worker* Worker::current() noexcept {
    return running;
}

Worker::Running::Running(Worker& worker) noexcept
    : loop_(worker.loop()), outer_(std::exchange(running, &worker)) {}
Worker::Running::~Running() {
    running = outer_;
}

void Worker::arm_from_now(net::Timer& timer, std::chrono::milliseconds after) noexcept {
    const auto passed = loop_->clock() - loop_->now();
    loop_->arm(timer, after + std::chrono::ceil<std::chrono::milliseconds>(passed));
}

void Worker::spawn(Task<> task, Ended ended) {
    run_root(*this, std::move(task), ended).coroutine.resume();
}

}  // namespace longwire::engine
