#include "engine/topics/subscriptions.hpp"

#include <bit>

namespace longwire::engine {

namespace {

std::size_t hash_of(const Topic& topic) noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(&topic);
    return static_cast<std::size_t>(address * 0x9E3779B97F4A7C15U >> 20U);
}

}  // namespace

std::uint32_t Subscriptions::find(const Topic& topic) const noexcept {
    if (!table_.empty()) return table_[slot_of(topic)];
    for (std::uint32_t index = 0; index < entries_.size(); ++index)
        if (entries_[index].topic == &topic) return index;
    return none;
}

/// Where the topic is in the table, or where it would be put.
std::size_t Subscriptions::slot_of(const Topic& topic) const noexcept {
    const std::size_t mask = table_.size() - 1;
    std::size_t slot = hash_of(topic) & mask;
    while (table_[slot] != none && entries_[table_[slot]].topic != &topic) slot = (slot + 1) & mask;
    return slot;
}

void Subscriptions::add(Entry entry) {
    entries_.push_back(entry);
    if (entries_.size() > worth_a_table && 4 * entries_.size() > 3 * table_.size())
        build_table();
    else if (!table_.empty())
        table_[slot_of(*entry.topic)] = static_cast<std::uint32_t>(entries_.size() - 1);
}

void Subscriptions::build_table() {
    table_.assign(std::bit_ceil(2 * entries_.size()), none);
    for (std::uint32_t index = 0; index < entries_.size(); ++index)
        table_[slot_of(*entries_[index].topic)] = index;
}

void Subscriptions::remove(std::uint32_t index) noexcept {
    if (!table_.empty()) take_out(*entries_[index].topic);
    const auto last = static_cast<std::uint32_t>(entries_.size() - 1);
    if (index != last) {
        if (!table_.empty()) table_[slot_of(*entries_[last].topic)] = index;
        entries_[index] = entries_[last];
    }
    entries_.pop_back();
    if (entries_.size() > worth_a_table / 2 || table_.empty()) return;
    table_ = std::vector<std::uint32_t>();
    entries_.shrink_to_fit();
}

/// Closes the gap, so that what was put behind it is still found.
void Subscriptions::take_out(const Topic& topic) noexcept {
    const std::size_t mask = table_.size() - 1;
    std::size_t gap = slot_of(topic);
    for (std::size_t slot = (gap + 1) & mask; table_[slot] != none; slot = (slot + 1) & mask) {
        const std::size_t wanted = hash_of(*entries_[table_[slot]].topic) & mask;
        if (((slot - wanted) & mask) < ((slot - gap) & mask)) continue;
        table_[gap] = table_[slot];
        gap = slot;
    }
    table_[gap] = none;
}

}  // namespace longwire::engine
