#pragma once

#include "engine/loop_registry.hpp"
#include "engine/tally.hpp"
#include "net/loop.hpp"
#include "protocol/compression.hpp"

#include <longwire/close_code.hpp>
#include <longwire/task.hpp>

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

namespace longwire::engine {

class Topics;

/// One loop and what the engine keeps on it: the tasks that run there, its entry in the registry
/// that handles go through, and a server's topics.
class Worker {
public:
    static Result<std::unique_ptr<Worker>> create();
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    [[nodiscard]] net::Loop& loop() noexcept { return *loop_; }
    [[nodiscard]] LoopEntry& entry() noexcept { return *entry_; }
    [[nodiscard]] const std::shared_ptr<LoopEntry>& shared_entry() const noexcept { return entry_; }
    [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
    /// The entry of any loop by its number; null where that is gone.
    [[nodiscard]] LoopEntry* entry_of(std::uint32_t number);

    [[nodiscard]] Tally& tally() noexcept { return tally_; }
    /// The code of the close frames when the server leaves.
    [[nodiscard]] CloseCode leaving_code() const noexcept { return leaving_code_; }
    void leave_with(CloseCode code) noexcept { leaving_code_ = code; }

    /// Null where no server runs here.
    [[nodiscard]] Topics* topics() const noexcept { return topics_; }
    void use(Topics& topics) noexcept { topics_ = &topics; }

    /// The worker whose loop runs on this thread; null where none does.
    [[nodiscard]] static Worker* current() noexcept;

    /// Marks a worker as the one that runs on this thread, while this object lives.
    class Running {
    public:
        explicit Running(Worker& worker) noexcept;
        ~Running();
        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;

    private:
        net::Loop::Running loop_;
        Worker* outer_;
    };

    /// The compression that all connections of this worker share which keep no context.
    [[nodiscard]] protocol::Compression& compression(int window_bits, std::size_t threshold);

    /// Who is told of a task's end, and of the exception that left it, if any. (No std::function:
    /// there is one in each of many thousand tasks.)
    struct Ended {
        void (*tell)(void* context, const std::exception_ptr& exception);
        void* context = nullptr;
    };
    /// Arms `timer` for `after` from this moment. (The loop counts from the beginning of its turn,
    /// which may have been a while ago.)
    void arm_from_now(net::Timer& timer, std::chrono::milliseconds after) noexcept;

    /// Starts a task that nobody awaits.
    void spawn(Task<> task, Ended ended);

    /// Destroys the spawned tasks that have not ended, with all that they hold.
    void end_tasks();

    /// False once the worker is going away: nothing new is begun then.
    [[nodiscard]] bool accepting() const noexcept { return accepting_; }

private:
    struct Root;
    struct RootLink;

    explicit Worker(std::unique_ptr<net::Loop> loop);
    static Root run_root(Worker& worker, Task<> task, Ended ended);

    std::unique_ptr<net::Loop> loop_;
    std::uint32_t number_ = 0;
    std::shared_ptr<LoopEntry> entry_;
    // Of other loops, those that were asked for, so that no message waits for the registry.
    std::vector<std::pair<std::uint32_t, std::shared_ptr<LoopEntry>>> others_;
    RootLink* roots_ = nullptr;  // the tasks that nobody awaits
    // By window and threshold; few differ. Never removed: connections refer to them.
    std::vector<std::unique_ptr<protocol::Compression>> compressions_;
    Topics* topics_ = nullptr;
    Tally tally_;
    CloseCode leaving_code_ = CloseCode::going_away;
    bool accepting_ = true;
};

}  // namespace longwire::engine
