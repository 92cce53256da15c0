#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace longwire::stateful {

/// Does things later, on a thread of its own; or never. Any thread.
class Later {
public:
    using Action = std::move_only_function<void()>;

    Later();
    ~Later() { end(); }
    Later(const Later&) = delete;
    Later& operator=(const Later&) = delete;

    void after(std::chrono::milliseconds wait, Action action);
    void never(Action action);
    /// Lets go of all that was not done.
    void end();

private:
    void work();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::multimap<std::chrono::steady_clock::time_point, Action> waiting_;
    std::vector<Action> never_;
    bool ending_ = false;
    std::thread thread_;
};

}  // namespace longwire::stateful
