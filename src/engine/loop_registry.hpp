#pragma once

#include "engine/websocket/slot_table.hpp"
#include "net/held_total.hpp"
#include "net/loop.hpp"
#include "net/posted.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace longwire::engine {

class WebSocketSession;

/// The part of a loop that other threads may reach, and that outlives it: where to post, and which
/// connection each slot names.
class LoopEntry {
public:
    using Name = SlotTable::Name;

    explicit LoopEntry(const net::Loop& loop);

    /// Runs `function` on the loop with the session that `name` names, unless it is gone. False:
    /// gone already. Any thread.
    bool post(Name name, std::move_only_function<void(WebSocketSession&)> function);
    /// Runs `function` on the loop, unless that is gone. Any thread.
    void post(net::Loop::Function function) { net::Loop::post_to(inbox_, std::move(function)); }
    /// Makes the loop turn. Any thread.
    void wake() const noexcept { inbox_->wake(); }
    /// Room for a message of so many bytes that is to be posted; nothing where there is none. Any
    /// thread.
    [[nodiscard]] std::optional<net::Posted> room_for(std::size_t bytes) const noexcept {
        return net::Posted::take(held_, bytes + net::Posted::overhead);
    }
    [[nodiscard]] const std::shared_ptr<net::Inbox>& inbox() const noexcept { return inbox_; }
    [[nodiscard]] const std::shared_ptr<net::HeldTotal>& held() const noexcept { return held_; }
    /// Counts what is posted with what the loops of one server hold. Before the loop runs.
    void count_in(std::shared_ptr<net::HeldTotal> held) noexcept { held_ = std::move(held); }
    [[nodiscard]] bool alive(Name name) const noexcept { return slots_.stands(name); }
    [[nodiscard]] bool gone() const noexcept { return inbox_->closed(); }

    // On the loop's thread.
    [[nodiscard]] Name give_name(WebSocketSession& session) { return slots_.give(session); }
    void take_name(Name name) noexcept { slots_.take(name); }

private:
    std::shared_ptr<net::Inbox> inbox_;
    std::shared_ptr<net::HeldTotal> held_;
    SlotTable slots_;
};

/// The loops of this process, by number: what a Handle holds instead of a pointer.
class LoopRegistry {
public:
    /// The entry of a new loop, and its number (never 0, never used again).
    static std::pair<std::uint32_t, std::shared_ptr<LoopEntry>> enter(const net::Loop& loop);
    static void leave(std::uint32_t number) noexcept;
    /// Nothing where the loop is gone.
    static std::shared_ptr<LoopEntry> find(std::uint32_t number) noexcept;
    /// Around a fork: nobody is entering or leaving.
    static void lock();
    static void unlock() noexcept;
};

}  // namespace longwire::engine
