#include "hub/gap.hpp"

#include <algorithm>
#include <iterator>

namespace longwire::hub {

bool Gap::hold(const SharedPublication& publication) {
    const Position position = publication->position();
    const auto [entry, is_new] =
        held_.try_emplace({position.epoch, position.offset}, Held{.publication = publication});
    if (is_new) bytes_ += publication->size();
    entry->second.came = ++came_;
    return held_.size() <= most && bytes_ <= most_bytes;
}

SharedPublication Gap::take_after(Position delivered) {
    const auto next = held_.upper_bound({delivered.epoch, delivered.offset});
    forget(held_.lower_bound({delivered.epoch, 0}), next);
    if (next == held_.end() || next->first != Key(delivered.epoch, delivered.offset + 1)) return {};
    SharedPublication publication = next->second.publication;
    forget(next, std::next(next));
    return publication;
}

void Gap::forget(std::map<Key, Held>::iterator from, std::map<Key, Held>::iterator to) noexcept {
    for (auto at = from; at != to; ++at) bytes_ -= at->second.publication->size();
    held_.erase(from, to);
}

void Gap::ask(std::uint64_t question, Position since) noexcept {
    question_ = question;
    asked_since_ = since;
    asked_ = came_;
}

bool Gap::answered(std::uint64_t question) noexcept {
    if (question_ != question) return false;
    question_ = 0;
    return true;
}

void Gap::forget_other_epochs(std::uint64_t epoch) {
    for (auto at = held_.begin(); at != held_.end();) {
        const auto next = std::next(at);
        if (at->first.first != epoch && at->second.came <= asked_) forget(at, next);
        at = next;
    }
}

std::uint64_t Gap::newest() const noexcept {
    std::uint64_t newest = 0;
    for (const auto& [key, held] : held_) newest = std::max(newest, held.came);
    return newest;
}

Position Gap::furthest() const noexcept {
    Position furthest;
    const std::uint64_t latest = newest();
    for (const auto& [key, held] : held_)
        if (held.came == latest) furthest = {.epoch = key.first, .offset = key.second};
    each_of(furthest.epoch, [&](const SharedPublication& publication) {
        furthest.offset = publication->position().offset;
    });
    return furthest;
}

}  // namespace longwire::hub
