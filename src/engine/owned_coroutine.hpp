#pragma once

#include <coroutine>
#include <exception>
#include <utility>

namespace longwire::engine {

/// A coroutine that runs at once, and belongs to whoever called it: destroying this destroys the
/// coroutine where it is suspended. Nothing may leave it that was thrown.
class OwnedCoroutine {
public:
    struct promise_type {
        OwnedCoroutine get_return_object() noexcept {
            return OwnedCoroutine(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        [[nodiscard]] std::suspend_never initial_suspend() const noexcept { return {}; }
        [[nodiscard]] std::suspend_always final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
    };

    OwnedCoroutine() = default;
    OwnedCoroutine(OwnedCoroutine&& other) noexcept
        : coroutine_(std::exchange(other.coroutine_, {})) {}
    OwnedCoroutine& operator=(OwnedCoroutine&& other) noexcept {
        if (this != &other) {
            reset();
            coroutine_ = std::exchange(other.coroutine_, {});
        }
        return *this;
    }
    OwnedCoroutine(const OwnedCoroutine&) = delete;
    OwnedCoroutine& operator=(const OwnedCoroutine&) = delete;
    ~OwnedCoroutine() { reset(); }

    /// Never from within the coroutine.
    void reset() noexcept {
        if (const auto coroutine = std::exchange(coroutine_, {})) coroutine.destroy();
    }

private:
    explicit OwnedCoroutine(std::coroutine_handle<promise_type> coroutine) noexcept
        : coroutine_(coroutine) {}

    std::coroutine_handle<promise_type> coroutine_;
};

}  // namespace longwire::engine
