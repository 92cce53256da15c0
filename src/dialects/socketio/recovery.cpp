#include "dialects/socketio/recovery.hpp"

#include <algorithm>
#include <functional>
#include <random>

namespace longwire::dialects::socketio {

namespace {

std::size_t hash_of(const std::string& channel) noexcept {
    return std::hash<std::string>()(channel);
}

}  // namespace

DeliveryLog::DeliveryLog(std::size_t most)
    : most_(most),
      singles_epoch_((std::uint64_t{std::random_device()()} << 32U) | std::random_device()()) {}

void DeliveryLog::add(const std::string& channel, hub::Position position, std::uint64_t member) {
    if (entries_.size() >= most_) {
        entries_.pop_front();
        ++first_;
    }
    entries_.push_back({hash_of(channel), position, member});
}

hub::Position DeliveryLog::note_single() {
    const hub::Position position = {.epoch = singles_epoch_, .offset = ++singles_};
    note({}, position);
    return position;
}

std::optional<std::uint64_t> DeliveryLog::after(hub::Position position) const {
    for (std::size_t at = entries_.size(); at > 0; --at)
        if (entries_[at - 1].position == position) return first_ + at;
    return std::nullopt;
}

std::optional<hub::Position> DeliveryLog::before(const std::string& channel, std::uint64_t number,
                                                 std::uint64_t member) const {
    const std::size_t hash = hash_of(channel);
    for (std::size_t at = number > first_ ? number - first_ : 0; at < entries_.size(); ++at)
        if (entries_[at].channel == hash &&
            (entries_[at].member == 0 || entries_[at].member == member))
            return hub::Position{.epoch = entries_[at].position.epoch,
                                 .offset = entries_[at].position.offset - 1};
    return std::nullopt;
}

void RecoveryDirectory::set(const std::string& key, std::size_t loop) {
    const std::scoped_lock lock(mutex_);
    loops_[key] = loop;
}

void RecoveryDirectory::forget(const std::string& key) {
    const std::scoped_lock lock(mutex_);
    loops_.erase(key);
}

std::optional<std::size_t> RecoveryDirectory::find(const std::string& key) const {
    const std::scoped_lock lock(mutex_);
    const auto found = loops_.find(key);
    return found == loops_.end() ? std::nullopt : std::optional(found->second);
}

bool rewind(KeptMember& kept, const DeliveryLog& log, std::optional<std::string_view> offset) {
    std::optional<std::uint64_t> from = kept.since;
    if (offset) {
        kept.seen = hub::parse_position(*offset);
        from = kept.seen ? log.after(*kept.seen) : std::nullopt;
    }
    if (!from || !log.reaches(*from) || *from < kept.singles_from) return false;
    for (KeptMember::Room& room : kept.rooms)
        if (const auto position = log.before(room.channel, *from, kept.member.number))
            if (position->epoch == room.position.epoch && position->offset < room.position.offset)
                room.position.offset = std::max(position->offset, room.joined.offset);
    while (!kept.singles.empty() && kept.singles.front().number < *from) kept.singles.pop_front();
    return true;
}

}  // namespace longwire::dialects::socketio
