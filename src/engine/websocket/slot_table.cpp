#include "engine/websocket/slot_table.hpp"

namespace longwire::engine {

SlotTable::Name SlotTable::give(WebSocketSession& session) {
    std::uint32_t number = free_;
    if (number == none) {
        number = count_;
        if (find(number) == nullptr) {
            const std::size_t row = owned_.size();
            owned_.push_back(std::make_unique<Slot[]>(std::size_t{first_row} << row));
            rows_[row].store(owned_.back().get(), std::memory_order_release);
        }
        ++count_;
    } else {
        free_ = find(number)->next_free;
    }
    Slot& slot = *find(number);
    slot.session = &session;
    return {.slot = number, .generation = slot.generation.load(std::memory_order_relaxed)};
}

void SlotTable::take(Name name) noexcept {
    Slot& slot = *find(name.slot);
    slot.session = nullptr;
    slot.generation.store(name.generation + 1, std::memory_order_release);
    // A slot whose generations are used up is left alone: 0 would name it again.
    if (name.generation + 1 == 0) return;
    slot.next_free = free_;
    free_ = name.slot;
}

}  // namespace longwire::engine
