#include "hub/memory_broker.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <random>
#include <utility>

namespace longwire::hub {

namespace {

// Channels, publications and positions that are forgotten before others have their turn.
constexpr std::size_t most_a_tick = 2000;

}  // namespace

MemoryBroker::MemoryBroker(Options options)
    : options_(std::move(options)),
      next_epoch_((std::uint64_t{std::random_device()()} << 32U) | std::random_device()()),
      most_history_bytes_(options_.most_history_bytes) {
    for (std::size_t shard = 0; shard < shard_count; ++shard) shards_.emplace_back(options_);
}

/// Of a channel that is not known. (No epoch is 0: clients that know no position name that.)
Position MemoryBroker::first_position() noexcept {
    std::uint64_t epoch = 0;
    while (epoch == 0) epoch = ++next_epoch_;
    return {.epoch = epoch, .offset = 0};
}

MemoryBroker::Channels::reference MemoryBroker::need(Shard& shard, std::string_view channel) {
    const auto found = shard.channels.find(channel);
    if (found != shard.channels.end()) return *found;
    const auto known = shard.known.find(channel, options_.now());
    const auto made =
        shard.channels
            .emplace(std::string(channel),
                     Channel{.stream = ChannelStream(known ? *known : first_position())})
            .first;
    shard.known.forget(channel);
    return *made;
}

void MemoryBroker::drop_if_unused(Shard& shard, std::string_view channel) {
    const auto found = shard.channels.find(channel);
    if (found == shard.channels.end()) return;
    const Channel& its = found->second;
    if (its.unused()) drop(shard, found);
}

void MemoryBroker::drop(Shard& shard, Channels::iterator entry) {
    try {
        shard.known.remember(entry->first, entry->second.stream.top(), options_.now());
    } catch (const std::bad_alloc&) {
        // Whoever comes back is told that something may be missing.
        shard.known.forget(entry->first);
    }
    shard.expiries.erase({entry->second.expires, &*entry});
    shard.channels.erase(entry);
}

void MemoryBroker::publish(const PublishRequest& request, Answer<Position> answer) {
    Result<Position> position;
    try {
        position = append(request);
    } catch (const std::bad_alloc&) {
        // (Words that need no memory of their own.)
        position = failure(ErrorCode::system, "out of memory");
    }
    if (answer) answer(std::move(position));
}

Position MemoryBroker::append(const PublishRequest& request) {
    Shard& shard = shard_of(request.channel);
    const std::scoped_lock lock(shard.mutex);
    Channels::reference entry = need(shard, request.channel);
    Channel& channel = entry.second;
    const auto now = options_.now();
    const std::size_t before = channel.stream.bytes();
    if (!request.idempotency_key.empty())
        if (const auto earlier = channel.stream.offset_of(request.idempotency_key, now)) {
            count(before, channel.stream.bytes());
            return {channel.stream.top().epoch, earlier};
        }
    // (Before anything is published: it may need memory that is not there.)
    expire_by(shard, entry, ChannelStream::expiry_of(request, now));
    const auto publication = channel.stream.append(request, now);
    bound(channel.stream, before);
    // Under the lock, so that nobody sees another order.
    if (channel.attached > 0) sink_->on_publication(publication);
    if (channel.unused()) drop(shard, shard.channels.find(request.channel));
    return publication->position();
}

/// Has the channel looked at no later than then.
void MemoryBroker::expire_by(Shard& shard, Channels::reference entry, Clock::time_point time) {
    Channel& channel = entry.second;
    if (time >= channel.expires) return;
    if (auto waiting = shard.expiries.extract({channel.expires, &entry})) {
        waiting.value().first = time;
        shard.expiries.insert(std::move(waiting));
    } else {
        shard.expiries.emplace(time, &entry);
    }
    channel.expires = time;
}

/// Counts what the stream keeps now, and lets it keep less where all keep too much.
void MemoryBroker::bound(ChannelStream& stream, std::size_t before) noexcept {
    count(before, stream.bytes());
    for (const std::size_t least : {std::size_t{1}, std::size_t{0}}) {
        if (bytes_ <= most_history_bytes_) return;
        const std::size_t more = stream.bytes();
        stream.shrink(least);
        count(more, stream.bytes());
    }
}

void MemoryBroker::attach(const std::string& channel, const HistoryQuery& query,
                          Answer<History> answer) {
    History history;
    {
        Shard& shard = shard_of(channel);
        const std::scoped_lock lock(shard.mutex);
        Channel& its = need(shard, channel).second;
        ++its.attached;
        const std::size_t before = its.stream.bytes();
        history = its.stream.read(query, options_.now());
        count(before, its.stream.bytes());
    }
    answer(std::move(history));
}

void MemoryBroker::detach(const std::string& channel) {
    Shard& shard = shard_of(channel);
    const std::scoped_lock lock(shard.mutex);
    const auto found = shard.channels.find(channel);
    if (found == shard.channels.end() || found->second.attached == 0) return;
    --found->second.attached;
    drop_if_unused(shard, channel);
}

void MemoryBroker::history(const std::string& channel, const HistoryQuery& query,
                           Answer<History> answer) {
    History history;
    {
        Shard& shard = shard_of(channel);
        const std::scoped_lock lock(shard.mutex);
        const auto found = shard.channels.find(channel);
        const auto now = options_.now();
        if (found == shard.channels.end()) {
            // Whoever asks may come back with the position that they are told now.
            const Position top = shard.known.find(channel, now).value_or(first_position());
            shard.known.remember(channel, top, now);
            history = ChannelStream(top).read(query, now);
        } else {
            ChannelStream& stream = found->second.stream;
            const std::size_t before = stream.bytes();
            history = stream.read(query, now);
            count(before, stream.bytes());
        }
    }
    answer(std::move(history));
}

void MemoryBroker::members(const std::string& channel, Answer<std::size_t> answer) {
    std::size_t count = 0;
    {
        Shard& shard = shard_of(channel);
        const std::scoped_lock lock(shard.mutex);
        const auto found = shard.channels.find(channel);
        if (found != shard.channels.end()) count = found->second.attached;
    }
    answer(count);
}

// ---- presence -----------------------------------------------------------------------------------

void MemoryBroker::enter(const std::string& channel, const Presence& who, MemberId member) {
    Shard& shard = shard_of(channel);
    const std::scoped_lock lock(shard.mutex);
    Channel& its = need(shard, channel).second;
    if (!its.present) its.present = std::make_unique<Users>();
    const auto [entry, is_new] = its.present->try_emplace(who.user, who.info);
    if (!is_new && entry->second == who.info) return;
    entry->second = who.info;
    sink_->on_presence(std::make_shared<const PresenceChange>(PresenceChange{
        channel, is_new ? PresenceChange::Kind::joined : PresenceChange::Kind::changed, who,
        member}));
}

void MemoryBroker::leave(const std::string& channel, const std::string& user) {
    Shard& shard = shard_of(channel);
    const std::scoped_lock lock(shard.mutex);
    const auto found = shard.channels.find(channel);
    if (found == shard.channels.end() || !found->second.present) return;
    Users& present = *found->second.present;
    const auto entry = present.find(user);
    if (entry == present.end()) return;
    const auto change = std::make_shared<const PresenceChange>(
        PresenceChange{channel, PresenceChange::Kind::left, {user, std::move(entry->second)}, {}});
    present.erase(entry);
    if (present.empty()) found->second.present.reset();
    sink_->on_presence(change);
    drop_if_unused(shard, channel);
}

void MemoryBroker::presence(const std::string& channel, Answer<std::vector<Presence>> answer) {
    std::vector<Presence> all;
    {
        Shard& shard = shard_of(channel);
        const std::scoped_lock lock(shard.mutex);
        const auto found = shard.channels.find(channel);
        if (found != shard.channels.end() && found->second.present)
            for (const auto& [user, info] : *found->second.present) all.push_back({user, info});
    }
    answer(std::move(all));
}

// ---- time ---------------------------------------------------------------------------------------

bool MemoryBroker::tick() {
    const auto now = options_.now();
    std::size_t most = most_a_tick;
    for (std::size_t looked = 0; looked < shards_.size(); ++looked, ++next_shard_) {
        Shard& shard = shards_[next_shard_ % shards_.size()];
        const std::scoped_lock lock(shard.mutex);
        expire(shard, now, most);
        shard.known.expire(now, most);
        if (most == 0) return true;
    }
    return false;
}

void MemoryBroker::expire(Shard& shard, Clock::time_point now, std::size_t& most) {
    auto& expiries = shard.expiries;
    while (most > 0 && !expiries.empty() && expiries.begin()->first < now) {
        Channels::reference entry = *expiries.begin()->second;
        Channel& channel = entry.second;
        const std::size_t before = channel.stream.bytes();
        const std::size_t dropped = channel.stream.expire(now);
        count(before, channel.stream.bytes());
        most -= std::min(most, dropped + 1);
        auto waiting = expiries.extract(expiries.begin());
        channel.expires = channel.stream.next_expiry();
        if (!channel.stream.empty()) {
            waiting.value().first = channel.expires;
            expiries.insert(std::move(waiting));
        } else if (channel.unused()) {
            drop(shard, shard.channels.find(entry.first));
        }
    }
}

MemoryBroker::Held MemoryBroker::held() const {
    Held held = {.channels = 0, .known = 0, .history_bytes = bytes_};
    for (const Shard& shard : shards_) {
        const std::scoped_lock lock(shard.mutex);
        held.channels += shard.channels.size();
        held.known += shard.known.count();
    }
    return held;
}

}  // namespace longwire::hub
