#pragma once

#include "engine/worker.hpp"

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace longwire::engine {

/// The loop of all Clients of the program, in a thread of its own: begun with the first, and ended
/// with the program. The object itself is never destroyed, since Clients may be after that. A child
/// that was forked has its parent's memory and none of its threads: it gets a loop of its own with
/// its first Client, and the parent's is left alone there.
class ClientLoop {
public:
    static ClientLoop& instance();
    /// How often this process and those above it were forked: what was made at another number is
    /// another process's.
    [[nodiscard]] static std::uint16_t forks() noexcept;

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
    /// The same for what hangs on the loop of the process that this one was forked from.
    static void keep_of_parent(std::shared_ptr<const void> remains);

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
    static void after_fork_in_child();
    void run();
    void end();
    void resume_turns();

    static std::atomic<ClientLoop*> latest_;  // of this process; null: none yet

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
