#pragma once

#include "hub/broker.hpp"
#include "hub/short_queue.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace longwire::hub {

/// One channel in the memory of one node: its latest publications, and how many there were.
class ChannelStream {
public:
    /// Goes on after `top`.
    explicit ChannelStream(Position top) : epoch_(top.epoch), count_(top.offset) {}

    [[nodiscard]] Position top() const noexcept { return {epoch_, count_}; }
    /// Where a message with this key was published within the time that keys are known for; offset
    /// 0 where none was.
    [[nodiscard]] std::uint64_t offset_of(std::string_view key, Clock::time_point now);
    SharedPublication append(const PublishRequest& request, Clock::time_point now);
    [[nodiscard]] History read(const HistoryQuery& query, Clock::time_point now);

    /// Forgets what is too old. Gives how much it was.
    std::size_t expire(Clock::time_point now);
    /// When the first of what is kept becomes too old; never, where nothing is kept.
    [[nodiscard]] Clock::time_point next_expiry() const noexcept;
    /// When what is published now would be the first that becomes too old.
    [[nodiscard]] static Clock::time_point expiry_of(const PublishRequest& request,
                                                     Clock::time_point now) noexcept;
    /// Forgets all but so many of the latest; with 0, the keys too.
    void shrink(std::size_t least) noexcept;
    /// Whether nothing would be lost with it.
    [[nodiscard]] bool empty() const noexcept { return !past_; }
    /// What it takes to keep what is kept, about.
    [[nodiscard]] std::size_t bytes() const noexcept;

private:
    struct Key {
        Clock::time_point when;
        std::string text;
    };
    struct Keys {
        std::list<Key> all;                                           // the oldest first
        std::unordered_map<std::string_view, std::uint64_t> offsets;  // by the texts of those
    };

    /// What is kept. Most channels keep nothing, and have none.
    struct Past {
        std::size_t bytes = 0;  // of publications and keys
        Clock::duration age = {};
        ShortQueue<SharedPublication> publications;
        std::unique_ptr<Keys> keys;  // null: none

        void keep(const SharedPublication& publication);
        void drop_latest() noexcept;
        void drop_oldest() noexcept;
        void drop_oldest_key();
        void note_key(std::string_view key, std::uint64_t offset, Clock::time_point now);
        std::size_t drop_old_keys(Clock::time_point now);
        [[nodiscard]] bool empty() const noexcept { return publications.empty() && !keys; }
    };

    void keep(const SharedPublication& publication, const PublishRequest& request,
              Clock::time_point now);
    void let_go_if_empty() noexcept {
        if (past_ && past_->empty()) past_.reset();
    }

    std::uint64_t epoch_;
    std::uint64_t count_;
    std::unique_ptr<Past> past_;
};

}  // namespace longwire::hub
