#pragma once

#include <longwire/prepared_message.hpp>
#include <longwire/server.hpp>
#include <longwire/slow_reader.hpp>
#include <longwire/websocket.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

namespace longwire::engine {

class GivingOut;

/// The loops of a server, for what stands on the engine and spreads over all of them.
class ServerLoops {
public:
    /// `server` must outlive this.
    explicit ServerLoops(Server& server) noexcept : implementation_(*server.implementation_) {}

    /// 0 where the server could make none, and will not run.
    [[nodiscard]] std::size_t count() const noexcept;
    /// Of the loop that runs on this thread.
    [[nodiscard]] std::optional<std::size_t> current() const noexcept;
    /// Runs `function` on a loop: after all that was posted there before, by whatever thread. Any
    /// thread.
    void post(std::size_t loop, std::move_only_function<void()> function) const;

    /// Counts bytes with what is on its way to the loops (`ServerOptions::max_memory`), whether
    /// there is room for them or not; and gives them back. Any thread.
    void count_posted(std::size_t bytes) const noexcept;
    void give_back_posted(std::size_t bytes) const noexcept;
    /// Whether more may be on its way to the loops than is now. Any thread.
    [[nodiscard]] bool has_room_to_post() const noexcept;

    /// Whether the server has begun to leave: it accepts nobody any more, and those who come next
    /// are on another one, if there is one. Any thread.
    [[nodiscard]] bool leaving() const noexcept;

    /// Of a topic, on the loop of this thread.
    [[nodiscard]] std::size_t subscribers_here(std::string_view topic) const;
    [[nodiscard]] bool has_subscribers_here(std::string_view topic) const {
        return subscribers_here(topic) > 0;
    }
    /// As Server::publish, on the loop of this thread only. `except` may be null.
    void publish_here(std::string_view topic, const PreparedMessage& message,
                      WebSocket* except) const;
    /// Has it called at the end of this turn on the loop of this thread, and of those that follow
    /// until it has given all.
    void give_out_soon(GivingOut& what) const;
    /// Asked, on any loop, for the policy of a topic that has got its first subscriber there, after
    /// those that were added before; goes before those that were given to the server. Before the
    /// server runs.
    void add_policy(
        std::function<std::optional<SlowReader>(std::string_view topic)> policy_of) const;

    /// How long a loop gives out what was published before it looks at what else has come, and
    /// after how many subscribers it looks at the clock. Before the server runs.
    void set_pace(std::chrono::microseconds time, std::size_t look_after) const;

    /// Bytes that were sent and that the peer's system has not acknowledged: 0 where all that was
    /// sent before this turn has arrived there (which need not mean that the program has read it).
    /// In `on_close` too, for one that is subscribed to topics.
    [[nodiscard]] static std::size_t unacknowledged(WebSocket& socket);
    /// For who asks a peer for a sign of life: what was sent to it before this is watched from now
    /// on. On the socket's loop.
    static void watch_uptake(WebSocket& socket);
    /// Whether some of that has arrived since some last had, so that the peer has yet to get what
    /// it is to answer. On the socket's loop.
    [[nodiscard]] static bool takes(WebSocket& socket);

private:
    Server::Implementation& implementation_;
};

}  // namespace longwire::engine
