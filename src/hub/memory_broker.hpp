#pragma once

#include "hub/broker.hpp"
#include "hub/channel_stream.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace longwire::hub {

/// The broker of a service that has one node: everything is in its memory. Any thread; answers come
/// before the call returns.
class MemoryBroker final : public Broker {
public:
    struct Options {
        /// Of all channels together; beyond, each keeps its latest message only.
        std::size_t most_history_bytes = std::size_t{512} * 1024 * 1024;
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
    void tick() override;

    /// How many channels are known, and the bytes of their histories.
    struct Held {
        std::size_t channels = 0;
        std::size_t history_bytes = 0;
    };
    [[nodiscard]] Held held() const;

private:
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>()(text);
        }
    };
    struct Channel {
        ChannelStream stream;
        std::size_t attached = 0;
        std::unordered_map<std::string, std::string> present = {};  // users, and their information
    };
    using Channels = std::unordered_map<std::string, Channel, TextHash, std::equal_to<>>;
    struct Shard {
        mutable std::mutex mutex;
        Channels channels;
    };

    [[nodiscard]] Shard& shard_of(std::string_view channel) noexcept {
        return shards_.at(TextHash()(channel) % shards_.size());
    }
    Channel& need(Shard& shard, std::string_view channel);
    static void drop_if_unused(Shard& shard, std::string_view channel);
    void count(std::size_t before, std::size_t after) noexcept { bytes_ += after - before; }

    Options options_;
    BrokerSink* sink_ = nullptr;
    // A channel that comes back after it was forgotten is another one, and says so.
    std::atomic<std::uint64_t> next_epoch_;
    std::atomic<std::size_t> bytes_ = 0;
    std::array<Shard, 64> shards_;
};

}  // namespace longwire::hub
