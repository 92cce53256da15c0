#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace longwire::engine {

class WebSocketSession;

/// Gives the connections of a loop names that are never given twice: a slot and its generation. The
/// loop's thread gives and takes them; any thread may ask whether one still stands, without a lock.
class SlotTable {
public:
    struct Name {
        std::uint32_t slot = 0;
        std::uint32_t generation = 0;
    };

    SlotTable() = default;
    SlotTable(const SlotTable&) = delete;
    SlotTable& operator=(const SlotTable&) = delete;

    /// Any thread.
    [[nodiscard]] bool stands(Name name) const noexcept {
        const Slot* const slot = find(name.slot);
        return slot != nullptr &&
               slot->generation.load(std::memory_order_acquire) == name.generation;
    }

    // For the loop's thread.
    [[nodiscard]] WebSocketSession* session(Name name) const noexcept {
        return stands(name) ? find(name.slot)->session : nullptr;
    }
    [[nodiscard]] Name give(WebSocketSession& session);
    void take(Name name) noexcept;

private:
    struct Slot {
        std::atomic<std::uint32_t> generation = 1;
        std::uint32_t next_free = 0;
        WebSocketSession* session = nullptr;
    };
    // Each row is twice as long as the one before, and stays where it is: whoever reads a slot is
    // not disturbed by new ones.
    static constexpr std::uint32_t first_row = 64;
    static constexpr std::size_t rows = 26;
    static constexpr std::uint32_t none = 0xFFFF'FFFF;

    [[nodiscard]] Slot* find(std::uint32_t slot) const noexcept {
        const std::size_t row = std::bit_width(slot / first_row + 1U) - 1U;
        Slot* const found = row < rows ? rows_[row].load(std::memory_order_acquire) : nullptr;
        return found == nullptr ? nullptr : found + (slot - first_row * ((1U << row) - 1U));
    }

    std::array<std::atomic<Slot*>, rows> rows_ = {};
    std::vector<std::unique_ptr<Slot[]>> owned_;
    std::uint32_t count_ = 0;  // slots that were ever given
    std::uint32_t free_ = none;
};

}  // namespace longwire::engine
