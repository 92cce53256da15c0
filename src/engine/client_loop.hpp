#pragma once

#include "engine/worker.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

namespace longwire::engine {

/// The loop of all Clients of the program, in a thread of its own: begun with the first, and ended
/// with the program.
class ClientLoop {
public:
    static ClientLoop& instance();

    ~ClientLoop();
    ClientLoop(const ClientLoop&) = delete;
    ClientLoop& operator=(const ClientLoop&) = delete;

    /// Any thread. Does nothing where the loop could not be made (the log says so).
    void post(std::function<void()> function);
    /// Whether this is the loop's thread.
    [[nodiscard]] bool is_here() const noexcept {
        return std::this_thread::get_id() == thread_.get_id();
    }
    [[nodiscard]] bool works() const noexcept { return worker_ != nullptr; }

private:
    ClientLoop();
    void run();

    std::unique_ptr<Worker> worker_;
    std::atomic<bool> leaving_ = false;
    std::thread thread_;
};

}  // namespace longwire::engine
