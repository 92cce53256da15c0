#pragma once

#include <chrono>
#include <coroutine>
#include <exception>
#include <functional>
#include <utility>

namespace longwire::stateful {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// What one client does, step by step: a coroutine that is looked after in turns by the one thread
/// that drives all of them. Destroyed while it waits, it lets go of all that it has.
class Script {
public:
    struct promise_type {
        std::function<bool()> ready;
        Clock::time_point until = {};
        bool met = false;

        Script get_return_object() {
            return Script(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
    };

    explicit Script(std::coroutine_handle<promise_type> coroutine) noexcept
        : coroutine_(coroutine) {}
    Script(Script&& other) noexcept : coroutine_(std::exchange(other.coroutine_, {})) {}
    Script& operator=(Script&& other) noexcept {
        std::swap(coroutine_, other.coroutine_);
        return *this;
    }
    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;
    ~Script() {
        if (coroutine_) coroutine_.destroy();
    }

    [[nodiscard]] bool over() const noexcept { return coroutine_.done(); }
    /// Goes on, if what it waits for has come, or its time is up.
    void turn(Clock::time_point now) {
        if (over()) return;
        promise_type& its = coroutine_.promise();
        its.met = its.ready && its.ready();
        if (!its.met && now < its.until) return;
        its.ready = {};
        coroutine_.resume();
    }

private:
    std::coroutine_handle<promise_type> coroutine_;
};

/// `co_await` it: whether what was waited for came in the time for it.
class [[nodiscard]] Waiting {
public:
    Waiting(milliseconds within, std::function<bool()> ready)
        : within_(within), ready_(std::move(ready)) {}

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<Script::promise_type> script) {
        script_ = script;
        script.promise().ready = std::move(ready_);
        script.promise().until = Clock::now() + within_;
    }
    [[nodiscard]] bool await_resume() const noexcept { return script_.promise().met; }

private:
    milliseconds within_;
    std::function<bool()> ready_;
    std::coroutine_handle<Script::promise_type> script_;
};

inline Waiting until(milliseconds within, std::function<bool()> ready) {
    return {within, std::move(ready)};
}
inline Waiting pause(std::uint64_t for_ms) {
    return {milliseconds(for_ms), {}};
}

}  // namespace longwire::stateful
