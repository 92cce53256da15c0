#include "hub/known_positions.hpp"

namespace longwire::hub {

void KnownPositions::remember(std::string_view channel, Position position, Clock::time_point now) {
    forget(channel);
    if (most_ == 0) return;
    if (known_.size() >= most_) forget(oldest_first_.front());
    const auto place = oldest_first_.emplace(oldest_first_.end());
    try {
        const auto entry = known_
                               .emplace(std::string(channel),
                                        Known{.position = position, .when = now, .place = place})
                               .first;
        *place = entry->first;
    } catch (...) {
        oldest_first_.erase(place);
        throw;
    }
}

std::optional<Position> KnownPositions::find(std::string_view channel,
                                             Clock::time_point now) const {
    const auto entry = known_.find(channel);
    if (entry == known_.end() || now - entry->second.when > known_for_) return std::nullopt;
    return entry->second.position;
}

void KnownPositions::forget(std::string_view channel) {
    if (const auto entry = known_.find(channel); entry != known_.end()) erase(entry);
}

void KnownPositions::expire(Clock::time_point now, std::size_t& most) {
    for (; most > 0 && !oldest_first_.empty(); --most) {
        const auto oldest = known_.find(oldest_first_.front());
        if (now - oldest->second.when <= known_for_) return;
        erase(oldest);
    }
}

void KnownPositions::erase(All::iterator entry) {
    oldest_first_.erase(entry->second.place);
    known_.erase(entry);
}

}  // namespace longwire::hub
