#pragma once

#include <longwire/message.hpp>
#include <longwire/prepared_message.hpp>
#include <longwire/slow_reader.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <utility>
#include <variant>
#include <vector>

namespace longwire::engine {

/// Whole messages that wait for a slow peer and may yet be dropped: no byte of them has left.
class WaitingMessages {
public:
    /// What a message is the latest of: a topic, or, where it is null, of what is sent directly.
    using Subject = const void*;

    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

    void add(Message message, Subject subject, SlowReader policy) {
        const auto payload = message.bytes();
        add({.content =
                 Copy{message.type(), std::vector<std::byte>(payload.begin(), payload.end())},
             .subject = subject,
             .size = payload.size() + overhead,
             .policy = policy});
    }
    void add(PreparedMessage message, std::size_t size, Subject subject, SlowReader policy) {
        add({.content = std::move(message),
             .subject = subject,
             .size = size + overhead,
             .policy = policy});
    }

    /// How many a newer one has taken the place of since this was last asked.
    [[nodiscard]] std::size_t take_superseded() noexcept { return std::exchange(superseded_, 0); }

    /// Forgets the oldest messages that may be dropped until `bytes` are left, or no such message.
    /// Gives how many those were.
    std::size_t drop_oldest(std::size_t bytes) {
        std::size_t dropped = 0;
        for (auto entry = entries_.begin(); entry != entries_.end() && bytes_ > bytes;) {
            if (entry->policy != SlowReader::drop_oldest) {
                ++entry;
                continue;
            }
            bytes_ -= entry->size;
            entry = entries_.erase(entry);
            ++dropped;
        }
        return dropped;
    }

    /// Calls `send` with the first, and forgets it.
    template <class Send>
    void send_first(Send&& send) {
        const Entry entry = std::move(entries_.front());
        entries_.pop_front();
        bytes_ -= entry.size;
        if (const auto* const prepared = std::get_if<PreparedMessage>(&entry.content))
            send(*prepared);
        else
            send(
                Message(std::get<Copy>(entry.content).type, std::get<Copy>(entry.content).payload));
    }

private:
    // What an entry takes beside its payload, about; so that empty messages are bounded too.
    static constexpr std::size_t overhead = 96;

    struct Copy {
        MessageType type;
        std::vector<std::byte> payload;
    };
    struct Entry {
        std::variant<Copy, PreparedMessage> content;
        Subject subject;
        std::size_t size;
        SlowReader policy;
    };

    void add(Entry entry) {
        if (entry.policy == SlowReader::latest)
            superseded_ += std::erase_if(entries_, [&](const Entry& older) {
                const bool superseded =
                    older.policy == SlowReader::latest && older.subject == entry.subject;
                if (superseded) bytes_ -= older.size;
                return superseded;
            });
        bytes_ += entry.size;
        entries_.push_back(std::move(entry));
    }

    std::deque<Entry> entries_;
    std::size_t bytes_ = 0;
    std::size_t superseded_ = 0;
};

}  // namespace longwire::engine
