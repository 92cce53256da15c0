#include "dialects/pusher/loop_channel.hpp"

#include <algorithm>

namespace longwire::dialects::pusher {

namespace {

// Of what was delivered on a channel: who had got less than that when they went gets all of it.
constexpr std::size_t longest_log = 4096;

}  // namespace

Coming* LoopChannel::find_coming(std::uint64_t client, std::uint64_t serial) noexcept {
    const auto found = std::ranges::find_if(
        coming(), [&](const Coming& one) { return one.client == client && one.serial == serial; });
    return found == coming().end() ? nullptr : &*found;
}

void LoopChannel::end_coming(std::uint64_t client) noexcept {
    if (!particulars_) return;
    std::erase_if(particulars_->coming,
                  [client](const Coming& one) { return one.client == client; });
    drop_particulars_if_empty();
}

void LoopChannel::remove_without_topic(std::uint64_t client) noexcept {
    if (!particulars_) return;
    std::erase(particulars_->without_topic, client);
    drop_particulars_if_empty();
}

void LoopChannel::begin_log(hub::Position top) {
    log_ = std::make_unique<Log>();
    log_->top = top;
}

void LoopChannel::note_delivery(std::uint64_t number, hub::Position position) {
    if (!log_) return;
    log_->top = position;
    log_->latest.push_back({.number = number, .offset = position.offset});
    if (log_->latest.size() > longest_log) log_->latest.pop_front();
}

std::optional<hub::Position> LoopChannel::position_at(std::uint64_t number) const noexcept {
    if (!log_) return std::nullopt;
    hub::Position position = log_->top;
    const auto next = std::ranges::upper_bound(log_->latest, number, {}, &Delivered::number);
    if (next != log_->latest.end()) position.offset = next->offset - 1;
    return position;
}

}  // namespace longwire::dialects::pusher
