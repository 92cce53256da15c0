#pragma once

#include <longwire/error.hpp>
#include <longwire/result.hpp>
#include <longwire/task.hpp>

#include <chrono>
#include <coroutine>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>

namespace longwire {

namespace detail {

/// What ends a wait before its time: the clock, or a request to stop.
class Limit {
public:
    Limit(const Limit&) = delete;
    Limit& operator=(const Limit&) = delete;

protected:
    explicit Limit(std::chrono::milliseconds duration) noexcept;
    explicit Limit(std::stop_token token) noexcept;
    virtual ~Limit();

    /// Begins to watch. False where it is over already, or no loop runs here.
    [[nodiscard]] bool begin();
    /// Watches no more; gives the error if it was over before.
    [[nodiscard]] std::optional<Error> end();

private:
    class Watch;
    class Clock;
    class Stop;

    virtual void on_over() = 0;
    void over(Error error);

    std::optional<std::chrono::milliseconds> duration_;
    std::stop_token token_;
    std::unique_ptr<Watch> watch_;
    std::optional<Error> error_;
};

template <class T>
struct ResultOf {
    using Type = Result<T>;
};
template <class T>
struct ResultOf<Result<T>> {
    using Type = Result<T>;
};

/// A task against a limit: whichever is first. The task is destroyed where it is suspended when the
/// limit is over.
template <class T>
class Race final : private Limit {
public:
    template <class End>
    Race(End end, Task<T> task) noexcept : Limit(std::move(end)), task_(std::move(task)) {}

    [[nodiscard]] bool await_ready() { return !begin(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiter) noexcept {
        awaiter_ = awaiter;
        return task_.await_suspend(awaiter);
    }
    typename ResultOf<T>::Type await_resume() {
        if (auto error = end()) return Failure(std::move(*error));
        if constexpr (std::is_void_v<T>) {
            task_.await_resume();
            return {};
        } else {
            return task_.await_resume();
        }
    }

private:
    // Who awaits it ends with an error, and the task with it, before anybody else goes on.
    void on_over() override { awaiter_.resume(); }

    Task<T> task_;
    std::coroutine_handle<> awaiter_;
};

template <class Awaitable>
decltype(auto) awaiter_of(Awaitable&& awaitable) {
    if constexpr (requires { std::forward<Awaitable>(awaitable).operator co_await(); })
        return std::forward<Awaitable>(awaitable).operator co_await();
    else if constexpr (requires { operator co_await(std::forward<Awaitable>(awaitable)); })
        return operator co_await(std::forward<Awaitable>(awaitable));
    else
        return std::forward<Awaitable>(awaitable);
}

/// What awaiting it gives.
template <class Awaitable>
using Awaited = std::decay_t<decltype(awaiter_of(std::declval<Awaitable>()).await_resume())>;

template <class Awaitable>
Task<Awaited<Awaitable>> as_task(Awaitable awaitable) {
    co_return co_await std::move(awaitable);
}
template <class T>
Task<T> as_task(Task<T> task) {
    return task;
}

template <class End, class T>
Task<typename ResultOf<T>::Type> race(End end, Task<T> task) {
    Race<T> race(std::move(end), std::move(task));  // NOLINT(misc-const-correctness): awaited
    co_return co_await race;
}

}  // namespace detail

/// Awaits `awaitable`, but no longer than `duration`: `co_await within(5s, socket.receive())`,
/// `within(2s, connect(url))`, `within(1s, a_task())`. Gives a Result of what the awaitable gives
/// (where that is a Result itself, the same), with timed_out when the time is over. Then what was
/// awaited has been destroyed where it was suspended, as by the end of its loop: a connection stays
/// usable, and no message is lost. Takes what it awaits for itself: temporaries, or std::move. To
/// be awaited on a loop.
template <class Awaitable>
[[nodiscard]] auto within(std::chrono::milliseconds duration, Awaitable awaitable)
    -> Task<typename detail::ResultOf<detail::Awaited<Awaitable>>::Type> {
    return detail::race(duration, detail::as_task(std::move(awaitable)));
}

/// Awaits `awaitable` until `token` asks to stop, from whatever thread: then it is destroyed and
/// the result is cancelled. Otherwise as `within`.
template <class Awaitable>
[[nodiscard]] auto until(std::stop_token token, Awaitable awaitable)
    -> Task<typename detail::ResultOf<detail::Awaited<Awaitable>>::Type> {
    return detail::race(std::move(token), detail::as_task(std::move(awaitable)));
}

}  // namespace longwire
