#pragma once

#include "dialects/pusher/client_table.hpp"
#include "hub/position.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace longwire::dialects::pusher {

/// Remembers up to where clients that have gone had got what their channels brought, so that one
/// that comes back goes on there. Each of these positions is given away once. Any thread.
class Recovery {
public:
    using Clock = std::chrono::steady_clock;
    /// What one had got of a channel, and who it was there: its own events are not for it.
    struct Left {
        hub::Position position;
        hub::MemberId member;
    };
    using Positions = std::map<std::string, Left>;  // by channels of the hub

    /// A client is there, and known by this identity.
    void enter(const std::string& identity, LoopRef client);
    void leave(const std::string& identity, LoopRef client);
    /// The others that are there and known by it.
    [[nodiscard]] std::vector<LoopRef> others(const std::string& identity, LoopRef client) const;

    /// One of those that are known by these joins a channel.
    void note_join(std::span<const std::string> identities, const std::string& channel,
                   LoopRef client, Clock::time_point now);
    /// Whether another has joined the channel long enough after the last sign of this one for it to
    /// be the same client, come back: nothing that this one has not got is missing then.
    [[nodiscard]] bool replaced(std::span<const std::string> identities, const std::string& channel,
                                LoopRef client, Clock::time_point last_sign) const;

    /// A client has gone that was known by these.
    void remember(std::span<const std::string> identities, Positions positions,
                  Clock::time_point until);
    /// Where one that is known by one of these, the best first, goes on with a channel: of several
    /// that have gone, where the one was that had got the most.
    [[nodiscard]] std::optional<Left> claim(std::span<const std::string> identities,
                                            const std::string& channel, Clock::time_point now);
    void tick(Clock::time_point now);

private:
    // Beyond, the oldest are forgotten.
    static constexpr std::size_t most_records = 100'000;
    static constexpr std::size_t most_of_one = 16;
    // Clients wait for a second before they come back.
    static constexpr std::chrono::milliseconds shortest_absence{900};

    struct Record {
        Positions positions;
        Clock::time_point until;
        std::vector<std::string> identities;
    };
    using SharedRecord = std::shared_ptr<Record>;
    struct Join {
        LoopRef client;
        Clock::time_point when;
    };
    struct Known {
        std::vector<LoopRef> there;
        std::unordered_map<std::string, Join> joins;  // by channel: the latest
        std::deque<SharedRecord> gone;                // the oldest first
    };
    void forget(const SharedRecord& record);
    void drop_if_unused(const std::string& identity);

    mutable std::mutex mutex_;
    std::unordered_map<std::string, Known> known_;
    std::deque<SharedRecord> records_;  // the oldest first
};

}  // namespace longwire::dialects::pusher
