#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace longwire::net {
class Loop;
}

namespace longwire::engine {

class WebSocketSession;

/// The part of a loop that other threads may reach, and that outlives it: where to post, and which
/// connection each slot names.
class LoopEntry {
public:
    struct Name {
        std::uint32_t slot = 0;
        std::uint32_t generation = 0;
    };

    /// Runs `function` on the loop with the session that `name` names, unless it is gone. False:
    /// gone already. Any thread.
    bool post(Name name, std::function<void(WebSocketSession&)> function);
    /// Runs `function` on the loop, unless that is gone. Any thread.
    void post(std::function<void()> function);
    [[nodiscard]] bool alive(Name name) noexcept;

    // On the loop's thread.
    [[nodiscard]] Name give_name(WebSocketSession& session);
    void take_name(Name name) noexcept;
    void loop_is_gone() noexcept;

private:
    friend class LoopRegistry;
    struct Slot {
        std::uint32_t generation = 1;
        WebSocketSession* session = nullptr;
    };

    [[nodiscard]] WebSocketSession* find(Name name) noexcept;

    std::mutex mutex_;
    net::Loop* loop_ = nullptr;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_;
};

/// The loops of this process, by number: what a Handle holds instead of a pointer.
class LoopRegistry {
public:
    /// The entry of a new loop, and its number (never 0, never used again).
    static std::pair<std::uint32_t, std::shared_ptr<LoopEntry>> enter(net::Loop& loop);
    static void leave(std::uint32_t number) noexcept;
    /// Nothing where the loop is gone.
    static std::shared_ptr<LoopEntry> find(std::uint32_t number) noexcept;
};

}  // namespace longwire::engine
