#pragma once

#include "hub/broker.hpp"
#include "hub/channel.hpp"
#include "hub/observer.hpp"
#include "hub/outlet.hpp"
#include "hub/text_hash.hpp"

#include <longwire/result.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace longwire::hub {

/// The channels of one node. A channel is there from its first member to its last. Any thread,
/// except `add`.
class Hub final : private BrokerSink {
public:
    struct Options {
        /// How long a user may be without a connection before they have left.
        std::chrono::milliseconds presence_grace = std::chrono::seconds(3);
        /// Channels with members at a time; more cannot be joined.
        std::size_t most_channels = 1'000'000;
        /// How long what follows a gap in a channel waits for what is missing, without any of it
        /// coming, before the members are told that it is missing.
        std::chrono::milliseconds gap_patience = std::chrono::seconds(5);
        /// How often a broker that may lose publications is asked for each channel whether one was
        /// lost that none followed.
        std::chrono::milliseconds look_every = std::chrono::minutes(1);
        std::function<Clock::time_point()> now = Clock::now;
    };

    /// `broker` must outlive the hub.
    explicit Hub(Broker& broker) : Hub(broker, Options{}) {}
    Hub(Broker& broker, Options options);
    ~Hub() = default;

    /// Makes an outlet known, and gives its number. It must outlive the hub's use. Before any
    /// other call.
    std::uint32_t add(Outlet& outlet);
    /// The same for somebody who is told of all channels.
    void add(Observer& observer) { observers_.push_back(&observer); }

    struct Joining {
        std::string channel;
        MemberId member = {};
        HistoryQuery history = {};
        std::optional<Presence> who = std::nullopt;  // for channels on which it is known
    };
    using Joined = std::move_only_function<void(Result<History>)>;
    /// `joined` runs on the member's outlet: with what was published before, if it was asked for;
    /// what its outlet delivers after that was published after that. From then on the member is
    /// there, and whoever joined has to call `leave`, once. Errors: those of the broker, and
    /// unsupported where there are too many channels.
    void join(Joining joining, Joined joined);
    void leave(const std::string& channel, MemberId member, const std::optional<std::string>& user);

    void publish(const PublishRequest& request, Broker::Answer<Position> answer = {});
    void history(const std::string& channel, const HistoryQuery& query,
                 Broker::Answer<History> answer);
    /// How many members the channel has, on all nodes.
    void members(const std::string& channel, Broker::Answer<std::size_t> answer);
    /// Everybody who is on the channel, on all nodes.
    void presence(const std::string& channel, Broker::Answer<std::vector<Presence>> answer);

    /// Whether the broker can do its work now.
    [[nodiscard]] bool ready() const noexcept { return broker_.ready(); }

    struct Listed {
        std::string name;
        std::size_t members = 0;
    };
    /// The channels of this node whose name begins with `prefix`, in the order of their names from
    /// the first after `after`; at most `count`.
    [[nodiscard]] std::vector<Listed> channels(std::string_view prefix, std::string_view after,
                                               std::size_t count) const;

    /// Of one channel, on this node.
    [[nodiscard]] std::size_t members(const std::string& channel) const;

    /// Once a second or so, or more often for a shorter grace; on one thread at a time. True: there
    /// is more to do than should be done at once, and it is to be called again soon.
    bool tick();

    struct Counts {
        std::size_t channels = 0;
        std::size_t members = 0;
        std::uint64_t publications = 0;   // delivered on this node
        std::uint64_t gaps = 0;           // publications came out of order, or did not come
        std::uint64_t interruptions = 0;  // of these, those that could not be closed
    };
    [[nodiscard]] Counts counts() const noexcept {
        return {channels_.load(), members_.load(), publications_.load(), gaps_.load(),
                interruptions_.load()};
    }

private:
    struct Going {
        Clock::time_point when;
        std::string channel;
        std::string user;
    };
    struct Shard {
        // Held while it is decided who is present, and until the broker knows.
        std::mutex presence;
        mutable std::mutex mutex;
        std::unordered_map<std::string, Channel, TextHash, std::equal_to<>> channels;
        std::deque<Going> going;               // the first to have gone first
        std::unordered_set<std::string> gaps;  // channels that have one, or had
    };

    [[nodiscard]] Shard& shard_of(std::string_view channel) noexcept {
        return shards_.at(TextHash()(channel) % shards_.size());
    }
    [[nodiscard]] const Shard& shard_of(std::string_view channel) const noexcept {
        return shards_.at(TextHash()(channel) % shards_.size());
    }
    [[nodiscard]] bool begin_joining(const std::string& channel);
    void end_joining(Joining joining, Joined joined, Result<History> history);
    void drop_if_unused(Shard& shard, const std::string& channel) noexcept;
    void forget_gone(Shard& shard, Clock::time_point now, std::size_t& most);

    // Under the shard's mutex
    void deliver(const Channel& channel, const SharedPublication& publication);
    void carry_out(Shard& shard, const std::string& name, Channel& channel,
                   const Channel::Step& step);
    void ask(const std::string& name, Channel& channel);

    void answered(const std::string& name, std::uint64_t question, const Result<History>& answer);
    void wait_for_missing(Shard& shard, Clock::time_point now);
    void look(Clock::time_point now);

    void on_publication(const SharedPublication& publication) override;
    void on_presence(const std::shared_ptr<const PresenceChange>& change) override;

    Broker& broker_;
    Options options_;
    std::vector<Outlet*> outlets_;
    std::vector<Observer*> observers_;
    std::atomic<std::size_t> channels_ = 0;
    std::atomic<std::size_t> members_ = 0;
    std::atomic<std::uint64_t> publications_ = 0;
    std::atomic<std::uint64_t> gaps_ = 0;
    std::atomic<std::uint64_t> interruptions_ = 0;
    std::atomic<std::uint64_t> questions_ = 0;
    std::array<Shard, 64> shards_;
    // Of `tick`: whose users are forgotten next, which channels are looked after next, and when the
    // last were.
    std::size_t forgets_at_ = 0;
    std::size_t looks_at_ = 0;
    Clock::time_point looked_;
};

}  // namespace longwire::hub
