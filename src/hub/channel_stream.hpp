#pragma once

#include "hub/broker.hpp"
#include "hub/text_hash.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
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

    /// Forgets what is too old.
    void expire(Clock::time_point now);
    /// Forgets all but so many of the latest; with 0, the keys too.
    void shrink(std::size_t least) noexcept;
    /// Whether nothing would be lost with it.
    [[nodiscard]] bool empty() const noexcept { return kept_.empty() && keys_.empty(); }
    /// What it takes to keep what is kept, about.
    [[nodiscard]] std::size_t bytes() const noexcept;

private:
    struct Key {
        Clock::time_point when;
        std::string text;
    };

    void keep(SharedPublication publication);
    void drop_latest() noexcept;
    void drop_oldest() noexcept;
    void drop_oldest_key();
    void note_key(std::string_view key, Clock::time_point now);

    std::uint64_t epoch_;
    std::uint64_t count_;
    std::size_t bytes_ = 0;  // of publications and keys
    Clock::duration age_ = {};
    std::deque<SharedPublication> kept_;
    std::deque<Key> keys_;
    std::unordered_map<std::string, std::uint64_t, TextHash, std::equal_to<>> offsets_;
};

}  // namespace longwire::hub
