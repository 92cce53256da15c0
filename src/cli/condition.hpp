#pragma once

#include <algorithm>
#include <coroutine>
#include <cstddef>
#include <vector>

namespace longwire::cli {

/// Coroutines of one loop wait here for something to become so, which another of them announces:
/// `while (!ready) co_await condition.change();`.
class Condition {
public:
    class [[nodiscard]] Change {
    public:
        explicit Change(Condition& condition) noexcept : condition_(&condition) {}
        Change(const Change&) = delete;
        Change& operator=(const Change&) = delete;
        // A coroutine may be destroyed while it waits.
        ~Change() { std::erase(condition_->waiting_, this); }

        [[nodiscard]] bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> awaiter) {
            awaiter_ = awaiter;
            condition_->waiting_.push_back(this);
        }
        void await_resume() const noexcept {}

    private:
        friend class Condition;
        Condition* condition_;
        std::coroutine_handle<> awaiter_;
    };

    Change change() noexcept { return Change(*this); }

    /// Resumes those who wait now.
    void announce() {
        for (std::size_t left = waiting_.size(); left > 0 && !waiting_.empty(); --left) {
            const Change* const first = waiting_.front();
            waiting_.erase(waiting_.begin());
            first->awaiter_.resume();
        }
    }

private:
    std::vector<Change*> waiting_;
};

}  // namespace longwire::cli
