#include "later.hpp"

#include <utility>

namespace longwire::stateful {

using Clock = std::chrono::steady_clock;

Later::Later() : thread_([this] { work(); }) {}

void Later::after(std::chrono::milliseconds wait, Action action) {
    const std::scoped_lock lock(mutex_);
    waiting_.emplace(Clock::now() + wait, std::move(action));
    changed_.notify_one();
}

void Later::never(Action action) {
    const std::scoped_lock lock(mutex_);
    never_.push_back(std::move(action));
}

void Later::end() {
    {
        const std::scoped_lock lock(mutex_);
        ending_ = true;
        changed_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
    waiting_.clear();
    never_.clear();
}

void Later::work() {
    std::unique_lock lock(mutex_);
    while (!ending_) {
        if (waiting_.empty()) {
            changed_.wait(lock);
            continue;
        }
        const auto first = waiting_.begin();
        // (A copy: what is waited for may go meanwhile.)
        const auto when = first->first;
        if (when > Clock::now()) {
            changed_.wait_until(lock, when);
            continue;
        }
        Action action = std::move(first->second);
        waiting_.erase(first);
        lock.unlock();
        action();
        action = nullptr;
        lock.lock();
    }
}

}  // namespace longwire::stateful
