#pragma once

#include <longwire/task.hpp>

#include <chrono>
#include <coroutine>
#include <memory>

namespace longwire {

/// Runs `task` on a loop of its own in the calling thread until it has ended. Tasks that it spawned
/// and that have not ended by then are destroyed, and connections that are still open are closed.
/// Gives 0, or 1 (and a line to the log sink) if an exception left the task. Must not be called on
/// a thread that already runs a loop.
int run(Task<> task);

/// As `run(Task<>)`, and gives what the task gave: made for `return longwire::run(...)` in main.
int run(Task<int> task);

/// Starts `task` beside the running one, on the same loop. It is destroyed with the loop (in `run`:
/// with the task that `run` was given) if it has not ended by then. An exception that leaves it
/// goes to the log sink.
void spawn(Task<> task);

/// Awaits `duration`, at least; never early, and late by less than a millisecond where the loop and
/// the processor are free.
class [[nodiscard]] Sleep {
public:
    explicit Sleep(std::chrono::milliseconds duration) noexcept;
    Sleep(const Sleep&) = delete;
    Sleep(Sleep&&) noexcept;  ///< Only before it is awaited.
    Sleep& operator=(const Sleep&) = delete;
    ~Sleep();

    [[nodiscard]] bool await_ready() const noexcept { return duration_.count() <= 0; }
    [[nodiscard]] bool await_suspend(std::coroutine_handle<> awaiter);
    void await_resume() const noexcept {}

private:
    struct Waiting;
    std::chrono::milliseconds duration_;
    std::unique_ptr<Waiting> waiting_;
};

/// `co_await sleep_for(200ms)` inside a coroutine of `run`, `spawn` or a coroutine route.
inline Sleep sleep_for(std::chrono::milliseconds duration) noexcept {
    return Sleep(duration);
}

/// Awaits that a descriptor can be read without blocking (or is at its end, or has failed).
class [[nodiscard]] Readable {
public:
    explicit Readable(int descriptor) noexcept;
    Readable(const Readable&) = delete;
    Readable(Readable&&) noexcept;  ///< Only before it is awaited, as Sleep.
    Readable& operator=(const Readable&) = delete;
    ~Readable();

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    /// Gives false, which means "go on at once", for what is always readable, as a plain file is.
    [[nodiscard]] bool await_suspend(std::coroutine_handle<> awaiter);
    void await_resume() const noexcept {}

private:
    struct Waiting;
    int descriptor_;
    std::unique_ptr<Waiting> waiting_;
};

/// `co_await readable(STDIN_FILENO)`: for programs that read something else beside a connection.
/// One coroutine at a time may await one descriptor.
inline Readable readable(int descriptor) noexcept {
    return Readable(descriptor);
}

}  // namespace longwire
