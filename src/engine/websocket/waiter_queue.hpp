#pragma once

#include <longwire/websocket.hpp>

#include <coroutine>
#include <cstddef>

namespace longwire::engine {

/// Those who wait for one thing of a connection, in the order in which they came. Each lies in the
/// frame of its coroutine, is gone once that goes on, and may take others with it.
class WaiterQueue {
public:
    [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }

    void add(detail::Waiter& waiter, std::coroutine_handle<> awaiter) noexcept {
        // Few wait on one connection.
        detail::Waiter** end = &first_;
        while (*end != nullptr) end = &(*end)->next_;
        waiter.next_ = nullptr;
        waiter.awaiter_ = awaiter;
        *end = &waiter;
    }

    void forget(const detail::Waiter& waiter) noexcept {
        for (detail::Waiter** link = &first_; *link != nullptr; link = &(*link)->next_) {
            if (*link != &waiter) continue;
            *link = waiter.next_;
            return;
        }
    }

    /// Resumes those who wait now, and not those who begin to wait again meanwhile. `tell` gives
    /// each, a T, what it waits for; where it gives false, that one waits on. Whoever calls keeps
    /// the queue alive.
    template <class T, class Tell>
    void resume(Tell&& tell) {
        std::size_t waiting = 0;
        for (const detail::Waiter* each = first_; each != nullptr; each = each->next_) ++waiting;
        for (; waiting > 0; --waiting) {
            detail::Waiter** link = &first_;
            while (*link != nullptr && !tell(static_cast<T&>(**link))) link = &(*link)->next_;
            if (*link == nullptr) return;
            const std::coroutine_handle<> awaiter = (*link)->awaiter_;
            *link = (*link)->next_;
            awaiter.resume();
        }
    }

private:
    detail::Waiter* first_ = nullptr;
};

}  // namespace longwire::engine
