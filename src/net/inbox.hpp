#pragma once

#include "net/descriptor.hpp"

#include <atomic>
#include <functional>
#include <utility>

namespace longwire::net {

/// What others have asked of a loop: a queue to which any thread adds without a lock, and which the
/// loop's thread takes as a whole. It outlives its loop for those who still hold it.
class Inbox {
public:
    using Function = std::move_only_function<void()>;

    /// `wakeup` is an eventfd that the loop watches.
    explicit Inbox(Descriptor wakeup) noexcept : wakeup_(std::move(wakeup)) {}
    ~Inbox();
    Inbox(const Inbox&) = delete;
    Inbox& operator=(const Inbox&) = delete;

    /// Wakes the loop; once, however much is added until it has woken. What one thread adds is run
    /// in its order. False: the loop is gone, and the function with it. Any thread.
    bool add(Function function);
    /// The same from the loop's own thread, which needs no waking.
    bool add_awake(Function function);
    /// Any thread, and a signal handler.
    void wake() const noexcept;
    [[nodiscard]] bool closed() const noexcept { return head_.load() == end_mark(); }

    // For the loop's thread.
    /// Whether something was added and has yet to run.
    [[nodiscard]] bool has_some() const noexcept {
        const Entry* const head = head_.load();
        return head != nullptr && head != end_mark();
    }
    [[nodiscard]] int descriptor() const noexcept { return wakeup_.get(); }
    /// Ready for the next waking, after the last.
    void clear_wakeup() noexcept;
    /// Runs all that was added before.
    void run();
    /// Runs one function. What it throws ends there.
    static void run(Function& function) noexcept;
    /// `told` is called where a function throws, while the exception is handled. Of all inboxes;
    /// before any has something to run.
    static void on_exception(void (*told)() noexcept) noexcept;
    /// Nothing more is taken; what was not run is dropped.
    void close() noexcept;

private:
    struct Entry {
        Function function;
        Entry* next = nullptr;
    };
    /// The head of a queue that is closed.
    static Entry* end_mark() noexcept;
    static void drop(Entry* entry) noexcept;
    bool enqueue(Function function);

    Descriptor wakeup_;
    std::atomic<Entry*> head_ = nullptr;  // the latest first
    std::atomic<bool> awake_ = false;
};

}  // namespace longwire::net
