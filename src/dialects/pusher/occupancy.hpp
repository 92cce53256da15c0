#pragma once

#include "dialects/pusher/app.hpp"
#include "dialects/pusher/webhooks.hpp"
#include "hub/observer.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>

namespace longwire::dialects::pusher {

/// How many there are on the channels of apps, in whatever dialect, for those that want to know:
/// webhooks, and the subscribers themselves. Any thread.
class Occupancy final : public hub::Observer {
public:
    using Clock = std::chrono::steady_clock;
    /// So many are on a channel of the hub now, which is an app's.
    using TellCount =
        std::function<void(const SharedApp& app, const std::string& hub_name, std::size_t count)>;

    /// `grace`: a channel that has members again after less was never vacated. `apps` must outlive
    /// this.
    Occupancy(const Apps& apps, std::shared_ptr<Webhooks> webhooks, std::chrono::milliseconds grace,
              TellCount tell_count);
    virtual ~Occupancy() = default;

    void on_members(const std::string& channel, std::size_t members) override;
    void on_presence(const hub::PresenceChange& change) override;
    /// Several times a second.
    void tick(Clock::time_point now);

private:
    // Where more are there, it is told less often.
    static constexpr std::size_t few = 100;
    static constexpr std::chrono::seconds pause_for_many{5};

    struct Channel {
        SharedApp app;
        std::size_t count = 0;
        std::size_t told = 0;
        Clock::time_point told_when = {};
        Clock::time_point empty_since = {};
        bool occupied = false;  // as the webhook was told
    };
    void tell_count(const std::string& name, Channel& channel, Clock::time_point now);

    const Apps& apps_;
    std::shared_ptr<Webhooks> webhooks_;
    std::chrono::milliseconds grace_;
    TellCount tell_count_;
    std::mutex mutex_;
    std::unordered_map<std::string, Channel> channels_;
    std::unordered_set<std::string> changed_;  // of those
};

}  // namespace longwire::dialects::pusher
