#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace longwire::engine {

class Topic;

/// The topics of one connection, and its place among the subscribers of each.
class Subscriptions {
public:
    struct Entry {
        Topic* topic;
        std::uint32_t place;
    };
    static constexpr std::uint32_t none = 0xFFFF'FFFF;

    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
    [[nodiscard]] Entry& operator[](std::size_t index) noexcept { return entries_[index]; }
    [[nodiscard]] Entry& back() noexcept { return entries_.back(); }
    [[nodiscard]] std::vector<Entry>& entries() noexcept { return entries_; }

    /// The index of `topic`, or none.
    [[nodiscard]] std::uint32_t find(const Topic& topic) const noexcept;
    void add(Entry entry);
    /// The last entry takes the place of the one that goes.
    void remove(std::uint32_t index) noexcept;

private:
    // With few entries, looking at each is faster than a table.
    static constexpr std::size_t worth_a_table = 12;

    [[nodiscard]] std::size_t slot_of(const Topic& topic) const noexcept;
    void build_table();
    void take_out(const Topic& topic) noexcept;

    std::vector<Entry> entries_;
    // Indices of entries, by their topic: open addressing, at most three quarters full. None where
    // it is empty.
    std::vector<std::uint32_t> table_;
};

}  // namespace longwire::engine
