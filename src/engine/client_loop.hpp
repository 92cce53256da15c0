#pragma once

#include "engine/worker.hpp"

#include <atomic>
#include <coroutine>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace longwire::engine {

/// The loop of all Clients of the program, in a thread of its own: begun with the first, and ended
/// with the program. The object itself is never destroyed, since Clients may be after that.
class ClientLoop {
public:
    static ClientLoop& instance();

    ClientLoop(const ClientLoop&) = delete;
    ClientLoop& operator=(const ClientLoop&) = delete;

    /// Any thread; one wake-up however many are posted. Does nothing once the loop has ended.
    void post(std::function<void()> function);
    /// Whether this is the loop's thread.
    [[nodiscard]] bool is_here() const noexcept { return std::this_thread::get_id() == thread_id_; }
    /// False where the loop could not be made (the log says so), and once the program ends.
    [[nodiscard]] bool works() const noexcept { return works_; }
    /// For what cannot be destroyed any more, because the loop that it hangs on has gone.
    void keep(std::shared_ptr<const void> remains);

    /// Awaits that what was written in this turn has been offered to the kernel.
    class [[nodiscard]] Turn {
    public:
        explicit Turn(ClientLoop& loop) noexcept : loop_(loop) {}
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        ~Turn() { unlink(); }

        [[nodiscard]] bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> awaiter);
        void await_resume() const noexcept {}

    private:
        friend class ClientLoop;
        void unlink() noexcept;

        ClientLoop& loop_;
        Turn* next_ = nullptr;
        Turn** to_this_ = nullptr;
        std::coroutine_handle<> awaiter_;
    };

private:
    class Ending;

    ClientLoop();
    void run();
    void end();
    void resume_turns();

    std::unique_ptr<Worker> worker_;
    std::shared_ptr<LoopEntry> entry_;  // outlives the worker
    std::atomic<bool> works_ = false;
    std::thread thread_;
    std::thread::id thread_id_;
    Turn* waiting_ = nullptr;   // for the next turn
    Turn* resuming_ = nullptr;  // those for whom it has come
    std::mutex remains_mutex_;
    std::vector<std::shared_ptr<const void>> remains_;
};

}  // namespace longwire::engine
