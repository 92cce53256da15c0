#pragma once

#include "hub/presence.hpp"
#include "hub/publication.hpp"
#include "hub/short_queue.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace longwire::dialects::socketio {

/// What one loop has delivered lately, in order: so that of a client that names the last event it
/// has seen, it is known where it stands on each of its channels.
class DeliveryLog {
public:
    explicit DeliveryLog(std::size_t most = std::size_t{64} * 1024);

    void note(const std::string& channel, hub::Position position) { add(channel, position, 0); }
    /// Of what was published before, and is sent to one member by itself.
    void note_repeat(const std::string& channel, hub::Position position, std::uint64_t member) {
        add(channel, position, member);
    }
    /// Of an event to one client alone; gives the position that names it.
    [[nodiscard]] hub::Position note_single();
    /// How many there have been.
    [[nodiscard]] std::uint64_t count() const noexcept { return first_ + entries_.size(); }

    /// The number of the entry after this position; nothing where it is not known (any more).
    [[nodiscard]] std::optional<std::uint64_t> after(hub::Position position) const;
    /// Whether all entries from this number on are still known.
    [[nodiscard]] bool reaches(std::uint64_t number) const noexcept { return number >= first_; }
    /// What was delivered last on the channel before the entry of this number, as far as it is
    /// known from what was delivered since; otherwise nothing was delivered since.
    [[nodiscard]] std::optional<hub::Position> before(const std::string& channel,
                                                      std::uint64_t number,
                                                      std::uint64_t member) const;

private:
    struct Entry {
        std::size_t channel;  // its hash
        hub::Position position;
        std::uint64_t member;  // 0: all who were there
    };

    void add(const std::string& channel, hub::Position position, std::uint64_t member);

    std::size_t most_;
    std::uint64_t singles_epoch_;  // of the positions of events to one client alone
    std::uint64_t first_ = 0;      // the number of the first that is kept
    std::uint64_t singles_ = 0;
    std::deque<Entry> entries_;
};

/// An event that was sent to one client alone.
struct SingleEvent {
    std::uint64_t number = 0;  // in the log
    hub::Position position;
    hub::Clock::time_point when;
    std::string packet;
    std::vector<std::string> attachments;
};

/// What is kept of a client that has lost its connection.
struct KeptMember {
    std::string id;
    std::string name_space;
    struct Room {
        std::string room;
        std::string channel;
        hub::Position joined;    // where it began to get what is published
        hub::Position position;  // of the latest that it was sent
        std::optional<hub::Presence> who = {};
    };
    hub::MemberId member;  // what it was in the hub
    std::string user;      // who it was, where that is known
    std::vector<Room> rooms;
    std::map<const void*, std::shared_ptr<void>> states;
    hub::ShortQueue<SingleEvent> singles;
    std::uint64_t singles_from = 0;     // the number in the log from which on all of them are there
    std::uint64_t since = 0;            // the log's count when it came
    std::optional<hub::Position> seen;  // the latest event that it has, as it says
    std::chrono::steady_clock::time_point until;
};

/// On which loop a client that may come back is, or was. Any thread.
class RecoveryDirectory {
public:
    void set(const std::string& key, std::size_t loop);
    void forget(const std::string& key);
    [[nodiscard]] std::optional<std::size_t> find(const std::string& key) const;

private:
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::size_t> loops_;
};

/// Judges by the log where on its channels, and in the events to it alone, a kept client stands
/// that names `offset` (or none, if it has never got an event). False where that is not known.
[[nodiscard]] bool rewind(KeptMember& kept, const DeliveryLog& log,
                          std::optional<std::string_view> offset);

}  // namespace longwire::dialects::socketio
