#include "later.hpp"

#include <utility>

namespace longwire::stateful {

using Clock = std::chrono::steady_clock;

Later::Later() : thread_([this] { work(); }) {}

void Later::after(std::chrono::milliseconds wait, Deed deed) {
    const std::scoped_lock lock(mutex_);
    waiting_.emplace(Clock::now() + wait, std::move(deed));
    changed_.notify_one();
}

void Later::never(Deed deed) {
    const std::scoped_lock lock(mutex_);
    never_.push_back(std::move(deed));
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
        Deed deed = std::move(first->second);
        waiting_.erase(first);
        lock.unlock();
        deed();
        deed = nullptr;
        lock.lock();
    }
}

}  // namespace longwire::stateful
