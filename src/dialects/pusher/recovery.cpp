#include "dialects/pusher/recovery.hpp"

#include <algorithm>
#include <utility>

namespace longwire::dialects::pusher {

void Recovery::drop_if_unused(const std::string& identity) {
    const auto found = known_.find(identity);
    if (found != known_.end() && found->second.there.empty() && found->second.gone.empty())
        known_.erase(found);
}

void Recovery::enter(const std::string& identity, LoopRef client) {
    const std::scoped_lock lock(mutex_);
    known_[identity].there.push_back(client);
}

void Recovery::leave(const std::string& identity, LoopRef client) {
    const std::scoped_lock lock(mutex_);
    const auto found = known_.find(identity);
    if (found == known_.end()) return;
    std::erase(found->second.there, client);
    drop_if_unused(identity);
}

std::vector<LoopRef> Recovery::others(const std::string& identity, LoopRef client) const {
    const std::scoped_lock lock(mutex_);
    const auto found = known_.find(identity);
    if (found == known_.end()) return {};
    // The latest are the likeliest; with hundreds behind one address nobody should ask them all.
    std::vector<LoopRef> others;
    for (const LoopRef& one : found->second.there)
        if (one != client) others.push_back(one);
    if (others.size() > most_of_one)
        others.erase(others.begin(), others.end() - static_cast<std::ptrdiff_t>(most_of_one));
    return others;
}

void Recovery::note_join(std::span<const std::string> identities, const std::string& channel,
                         LoopRef client, Clock::time_point now) {
    const std::scoped_lock lock(mutex_);
    for (const std::string& identity : identities) {
        const auto found = known_.find(identity);
        if (found != known_.end()) found->second.joins[channel] = {.client = client, .when = now};
    }
}

bool Recovery::replaced(std::span<const std::string> identities, const std::string& channel,
                        LoopRef client, Clock::time_point last_sign) const {
    const std::scoped_lock lock(mutex_);
    return std::ranges::any_of(identities, [&](const std::string& identity) {
        const auto found = known_.find(identity);
        if (found == known_.end()) return false;
        const auto join = found->second.joins.find(channel);
        return join != found->second.joins.end() && join->second.client != client &&
               join->second.when > last_sign + shortest_absence;
    });
}

void Recovery::forget(const SharedRecord& record) {
    for (const std::string& identity : record->identities) {
        const auto found = known_.find(identity);
        if (found == known_.end()) continue;
        std::erase(found->second.gone, record);
        drop_if_unused(identity);
    }
}

void Recovery::remember(std::span<const std::string> identities, Positions positions,
                        Clock::time_point until) {
    if (identities.empty() || positions.empty()) return;
    const std::scoped_lock lock(mutex_);
    const auto record =
        std::make_shared<Record>(Record{.positions = std::move(positions),
                                        .until = until,
                                        .identities = {identities.begin(), identities.end()}});
    for (const std::string& identity : record->identities) {
        Known& known = known_[identity];
        if (known.gone.size() >= most_of_one) known.gone.pop_front();
        known.gone.push_back(record);
    }
    records_.push_back(record);
    if (records_.size() <= most_records) return;
    const SharedRecord oldest = std::move(records_.front());
    records_.pop_front();
    forget(oldest);
}

std::optional<Recovery::Left> Recovery::claim(std::span<const std::string> identities,
                                              const std::string& channel, Clock::time_point now) {
    const std::scoped_lock lock(mutex_);
    for (const std::string& identity : identities) {
        const auto found = known_.find(identity);
        if (found == known_.end()) continue;
        SharedRecord best;
        std::uint64_t furthest = 0;
        for (const SharedRecord& record : found->second.gone) {
            const auto left = record->positions.find(channel);
            if (record->until < now || left == record->positions.end()) continue;
            if (best && left->second.position.offset <= furthest) continue;
            best = record;
            furthest = left->second.position.offset;
        }
        if (best) return best->positions.extract(channel).mapped();
    }
    return std::nullopt;
}

void Recovery::tick(Clock::time_point now) {
    const std::scoped_lock lock(mutex_);
    // (Apps differ in how long they remember, so that the oldest need not be the first to go.)
    std::erase_if(records_, [&](const SharedRecord& record) {
        const bool over = record->until < now || record->positions.empty();
        if (over) forget(record);
        return over;
    });
}

}  // namespace longwire::dialects::pusher
