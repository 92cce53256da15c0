#include "wire.hpp"

#include "broken.hpp"

#include <algorithm>
#include <utility>

namespace longwire::simulation {

void Wire::write(std::span<const std::byte> bytes) {
    if (reset_) return;
    require(!shut_, "something was written after the end");
    for (const std::byte byte : bytes) put(byte);
    deliver_later();
}

void Wire::put(std::byte byte) {
    const std::uint64_t place = written_++;
    if (place >= plan_.damage_at) {
        const bool only_here = plan_.damage == Damage::changed;
        damaged_ = damaged_ || !only_here || place == plan_.damage_at;
        if (!only_here) return;
        if (place == plan_.damage_at) byte ^= plan_.change;
    }
    on_the_way_.push_back(byte);
}

void Wire::shut() {
    if (shut_) return;
    shut_ = true;
    deliver_later();
}

void Wire::resume() {
    paused_ = false;
    deliver_later();
}

void Wire::reset() noexcept {
    reset_ = damaged_ = true;
    on_the_way_.clear();
}

void Wire::deliver_later() {
    if (delivering_ || paused_ || reset_ || ended_) return;
    const bool cut = plan_.damage == Damage::cut && written_ >= plan_.damage_at;
    const bool silent = plan_.damage == Damage::lost && written_ >= plan_.damage_at;
    if (cut || (silent && shut_)) damaged_ = true;
    const bool ends = cut || (shut_ && !silent);
    if (on_the_way_.empty() && !ends) return;
    delivering_ = true;
    timeline_.after(chance_.between(0, plan_.longest_delay), [this] {
        delivering_ = false;
        if (paused_ || reset_) return;
        deliver();
        deliver_later();
    });
}

void Wire::deliver() {
    if (on_the_way_.empty()) {
        ended_ = true;
        end_();
        return;
    }
    const std::size_t most = std::min(plan_.largest_piece, on_the_way_.size());
    const auto size =
        static_cast<std::ptrdiff_t>(chance_.one_in(3) ? most : chance_.between(1, most));
    // Of its very size, so that AddressSanitizer sees who reads beyond.
    Bytes piece(on_the_way_.begin(), on_the_way_.begin() + size);
    on_the_way_.erase(on_the_way_.begin(), on_the_way_.begin() + size);
    receive_(std::move(piece));
}

}  // namespace longwire::simulation
