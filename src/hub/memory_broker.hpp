#pragma once

#include "hub/broker.hpp"
#include "hub/channel_stream.hpp"
#include "hub/known_positions.hpp"
#include "hub/text_hash.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace longwire::hub {

/// The broker of a service that has one node: everything is in its memory. Any thread; answers come
/// before the call returns.
class MemoryBroker final : public Broker {
public:
    struct Options {
        /// Of all channels together. Beyond, a channel on which something is published keeps that
        /// alone, and where that is too much, nothing.
        std::size_t most_history_bytes = std::size_t{512} * 1024 * 1024;
        /// For how long after its last use it is known where a channel stood, and of how many such
        /// channels: whoever comes back within that time is told rightly whether they have missed
        /// something.
        std::chrono::seconds known_for = std::chrono::hours(1);
        std::size_t most_known = 100'000;
        std::function<Clock::time_point()> now = Clock::now;
    };

    MemoryBroker() : MemoryBroker(Options{}) {}
    explicit MemoryBroker(Options options);

    void start(BrokerSink& sink) override { sink_ = &sink; }
    void publish(const PublishRequest& request, Answer<Position> answer) override;
    void attach(const std::string& channel, const HistoryQuery& query,
                Answer<History> answer) override;
    void detach(const std::string& channel) override;
    void history(const std::string& channel, const HistoryQuery& query,
                 Answer<History> answer) override;
    void members(const std::string& channel, Answer<std::size_t> answer) override;
    void enter(const std::string& channel, const Presence& who, MemberId member) override;
    void leave(const std::string& channel, const std::string& user) override;
    void presence(const std::string& channel, Answer<std::vector<Presence>> answer) override;
    bool may_lose() const noexcept override { return false; }
    bool ready() const noexcept override { return true; }
    bool tick() override;

    /// Another `most_history_bytes`, from the next publication on.
    void limit_history(std::size_t bytes) noexcept { most_history_bytes_ = bytes; }

    /// How many channels are in use, of how many more it is known where they stood, and the bytes
    /// of all histories.
    struct Held {
        std::size_t channels = 0;
        std::size_t known = 0;
        std::size_t history_bytes = 0;
    };
    [[nodiscard]] Held held() const;

private:
    using Users = std::unordered_map<std::string, std::string>;  // and their information
    struct Channel {
        ChannelStream stream;
        std::size_t attached = 0;
        std::unique_ptr<Users> present = {};                   // null: nobody is
        Clock::time_point expires = Clock::time_point::max();  // as the shard's expiries have it

        /// Nothing would be lost with it but where it stands.
        [[nodiscard]] bool unused() const noexcept {
            return attached == 0 && !present && stream.empty();
        }
    };
    using Channels = std::unordered_map<std::string, Channel, TextHash, std::equal_to<>>;
    /// The channels that keep something, each with the time at which it is looked at again: not
    /// after the first of that becomes too old, but maybe before.
    using Expiries = std::set<std::pair<Clock::time_point, Channels::pointer>>;
    struct Shard {
        explicit Shard(const Options& options)
            : known(options.most_known / shard_count, options.known_for) {}

        mutable std::mutex mutex;
        Channels channels;
        Expiries expiries;
        KnownPositions known;  // of channels that are not among `channels`
    };
    static constexpr std::size_t shard_count = 64;

    [[nodiscard]] Shard& shard_of(std::string_view channel) noexcept {
        return shards_.at(TextHash()(channel) % shards_.size());
    }
    Channels::reference need(Shard& shard, std::string_view channel);
    [[nodiscard]] Position first_position() noexcept;
    void drop_if_unused(Shard& shard, std::string_view channel);
    void drop(Shard& shard, Channels::iterator entry);
    static void expire_by(Shard& shard, Channels::reference entry, Clock::time_point time);
    void expire(Shard& shard, Clock::time_point now, std::size_t& most);
    void count(std::size_t before, std::size_t after) noexcept { bytes_ += after - before; }
    void bound(ChannelStream& stream, std::size_t before) noexcept;
    Position append(const PublishRequest& request);

    Options options_;
    BrokerSink* sink_ = nullptr;
    // A channel that comes back after it was forgotten is another one, and says so.
    std::atomic<std::uint64_t> next_epoch_;
    std::atomic<std::size_t> bytes_ = 0;
    std::atomic<std::size_t> most_history_bytes_;
    std::deque<Shard> shards_;
    std::size_t next_shard_ = 0;  // of `tick`
};

}  // namespace longwire::hub
