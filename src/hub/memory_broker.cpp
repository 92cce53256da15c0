#include "hub/memory_broker.hpp"

#include <iterator>
#include <memory>
#include <random>
#include <utility>

namespace longwire::hub {

MemoryBroker::MemoryBroker(Options options)
    : options_(std::move(options)),
      next_epoch_((std::uint64_t{std::random_device()()} << 32U) | std::random_device()()) {}

MemoryBroker::Channel& MemoryBroker::need(Shard& shard, std::string_view channel) {
    const auto found = shard.channels.find(channel);
    if (found != shard.channels.end()) return found->second;
    return shard.channels
        .emplace(std::string(channel), Channel{.stream = ChannelStream(++next_epoch_)})
        .first->second;
}

void MemoryBroker::drop_if_unused(Shard& shard, std::string_view channel) {
    const auto found = shard.channels.find(channel);
    if (found == shard.channels.end()) return;
    const Channel& its = found->second;
    if (its.attached == 0 && its.present.empty() && its.stream.empty()) shard.channels.erase(found);
}

void MemoryBroker::publish(const PublishRequest& request, Answer<Position> answer) {
    Position position;
    {
        Shard& shard = shard_of(request.channel);
        const std::scoped_lock lock(shard.mutex);
        Channel& channel = need(shard, request.channel);
        const auto now = options_.now();
        const std::uint64_t earlier = request.idempotency_key.empty()
                                          ? 0
                                          : channel.stream.offset_of(request.idempotency_key, now);
        if (earlier != 0) {
            position = {channel.stream.top().epoch, earlier};
        } else {
            const std::size_t before = channel.stream.bytes();
            const auto publication = channel.stream.append(request, now);
            if (bytes_ > options_.most_history_bytes) channel.stream.shrink();
            count(before, channel.stream.bytes());
            position = publication->position();
            // Under the lock, so that nobody sees another order.
            if (channel.attached > 0) sink_->on_publication(publication);
            drop_if_unused(shard, request.channel);
        }
    }
    if (answer) answer(position);
}

void MemoryBroker::attach(const std::string& channel, const HistoryQuery& query,
                          Answer<History> answer) {
    History history;
    {
        Shard& shard = shard_of(channel);
        const std::scoped_lock lock(shard.mutex);
        Channel& its = need(shard, channel);
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
        if (found == shard.channels.end()) {
            history.recovered = !query.since;
        } else {
            ChannelStream& stream = found->second.stream;
            const std::size_t before = stream.bytes();
            history = stream.read(query, options_.now());
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
    Channel& its = need(shard, channel);
    const auto [entry, is_new] = its.present.insert_or_assign(who.user, who.info);
    if (!is_new) return;
    sink_->on_presence(std::make_shared<const PresenceChange>(
        PresenceChange{channel, PresenceChange::Kind::joined, who, member}));
}

void MemoryBroker::leave(const std::string& channel, const std::string& user) {
    Shard& shard = shard_of(channel);
    const std::scoped_lock lock(shard.mutex);
    const auto found = shard.channels.find(channel);
    if (found == shard.channels.end()) return;
    const auto entry = found->second.present.find(user);
    if (entry == found->second.present.end()) return;
    const auto change = std::make_shared<const PresenceChange>(
        PresenceChange{channel, PresenceChange::Kind::left, {user, std::move(entry->second)}, {}});
    found->second.present.erase(entry);
    sink_->on_presence(change);
    drop_if_unused(shard, channel);
}

void MemoryBroker::presence(const std::string& channel, Answer<std::vector<Presence>> answer) {
    std::vector<Presence> all;
    {
        Shard& shard = shard_of(channel);
        const std::scoped_lock lock(shard.mutex);
        const auto found = shard.channels.find(channel);
        if (found != shard.channels.end())
            for (const auto& [user, info] : found->second.present) all.push_back({user, info});
    }
    answer(std::move(all));
}

// ---- time ---------------------------------------------------------------------------------------

void MemoryBroker::tick() {
    const auto now = options_.now();
    for (Shard& shard : shards_) {
        const std::scoped_lock lock(shard.mutex);
        for (auto entry = shard.channels.begin(); entry != shard.channels.end();) {
            Channel& channel = entry->second;
            const std::size_t before = channel.stream.bytes();
            channel.stream.expire(now);
            count(before, channel.stream.bytes());
            const bool unused =
                channel.attached == 0 && channel.present.empty() && channel.stream.empty();
            entry = unused ? shard.channels.erase(entry) : std::next(entry);
        }
    }
}

MemoryBroker::Held MemoryBroker::held() const {
    Held held = {.channels = 0, .history_bytes = bytes_};
    for (const Shard& shard : shards_) {
        const std::scoped_lock lock(shard.mutex);
        held.channels += shard.channels.size();
    }
    return held;
}

}  // namespace longwire::hub
